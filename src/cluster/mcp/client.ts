import type { ToolResult } from '../../domain/ports.ts';
import { type LinkedAbort, onAbort } from '../../lib/abort.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { oneLine } from '../../lib/text.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { HttpTransport } from './http-transport.ts';
import type { McpEndpoint } from './http.ts';
import type { Inlet, McpTransport, RpcAnswer, RpcCall, RpcMessage, Speaker } from './messages.ts';
import { ConnectionFailure, type Outcome, outcomeOf, silentFor, isNightcrier } from './outcome.ts';
import { SseTransport } from './sse-transport.ts';

/** Protocol versions that we speak, the newest first: what is used of them is the same in all. */
export const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

export interface ClientTimes {
  /** Until a request of the handshake is answered, ms. */
  readonly handshakeMs: number;
  /** Until a ping or a subscription is answered, ms. */
  readonly requestMs: number;
  /** Between pings, ms. */
  readonly pingMs: number;
}

export interface ClientOptions {
  readonly endpoint: McpEndpoint;
  readonly transport: 'auto' | 'streamable-http' | 'sse';
  readonly inlet: Inlet;
  /** Who is told what becomes of the session: `pushEnded` and `ended` of a Speaker. */
  readonly owner: Pick<Speaker, 'pushEnded' | 'ended'>;
  readonly times: ClientTimes;
  readonly clock: Clock;
  /** Our own, told to the server. */
  readonly version: string;
}

/** Arguments that calls of these tools have in any case. */
interface Always {
  readonly tools: ReadonlySet<string>;
  readonly args: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (answer: RpcAnswer) => void;
  readonly limit: LinkedAbort;
}

/** JSON-RPC's code for a method that is not known. */
const methodNotFound = -32601;

/**
 * Initializes a session over Streamable HTTP, or over the older SSE transport when that is chosen or, with `auto`, when
 * the server does not know the newer one. @throws ConnectionFailure
 */
export async function openClient(options: ClientOptions, signal: AbortSignal): Promise<McpClient> {
  const { url } = options.endpoint;
  const sseFirst = options.transport === 'sse' || (options.transport === 'auto' && url.pathname.endsWith('/sse'));
  if (sseFirst) return await McpClient.open(options, true, signal);
  try {
    return await McpClient.open(options, false, signal);
  } catch (error) {
    const outcome = outcomeOf(error);
    const unknown = outcome.kind === 'http' && [400, 404, 405].includes(outcome.status);
    if (options.transport !== 'auto' || !unknown) throw error;
    const older = { ...options, endpoint: { ...options.endpoint, url: olderAddress(url) } };
    return await McpClient.open(older, true, signal).catch(() => {
      throw error;
    });
  }
}

/**
 * One MCP session: made, used, ended, never brought back. It is a client of its own because the SDK's costs a fleet more
 * memory than all the rest of a connection: a set of handlers, validators and abort listeners for each.
 */
export class McpClient implements Speaker {
  /** What calls of some tools say besides what they are asked for. */
  always: Always | null = null;
  readonly #options: ClientOptions;
  readonly #transport: McpTransport;
  readonly #waiting = new Map<string | number, Waiting>();
  #lastId = 0;
  #pingTimer: Timer | null = null;
  #over = false;

  private constructor(options: ClientOptions, sse: boolean) {
    this.#options = options;
    const { endpoint, inlet, clock } = options;
    const carrying = { endpoint, inlet, clock, speaker: this };
    this.#transport = sse ? new SseTransport(carrying) : new HttpTransport(carrying);
  }

  static async open(options: ClientOptions, sse: boolean, signal: AbortSignal): Promise<McpClient> {
    const { clock, times } = options;
    const client = new McpClient(options, sse);
    const opening = timeLimit(clock, times.handshakeMs, signal, () => silentFor(times.handshakeMs));
    try {
      await client.#transport.start(opening.signal);
      await client.#initialize(opening.signal);
      client.#keepAlive();
      return client;
    } catch (error) {
      client.#end(outcomeOf(opening.signal.aborted ? opening.signal.reason : error));
      client.#transport.close();
      throw new ConnectionFailure(outcomeOf(opening.signal.aborted ? opening.signal.reason : error), { cause: error });
    } finally {
      opening.letGo();
    }
  }

  /** @throws ConnectionFailure */
  async callTool(
    name: string,
    args: Record<string, unknown>,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<ToolResult> {
    const all = this.always?.tools.has(name) ? { ...this.always.args, ...args } : args;
    const answer = await this.request('tools/call', { name, arguments: all }, limitMs, signal);
    const { content, structuredContent, isError } = answer;
    return {
      text: (Array.isArray(content) ? content : []).map(textOfBlock).join('\n'),
      structured: structuredContent,
      isError: isError === true,
    };
  }

  /** One request with its own time limit; its result. @throws ConnectionFailure */
  async request(
    method: string,
    params: Record<string, unknown> | undefined,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const limit = timeLimit(this.#options.clock, limitMs, signal, () => silentFor(limitMs));
    try {
      const answer = await this.#answered({ jsonrpc: '2.0', id, method, ...(params && { params }) }, limit);
      return resultOf(answer);
    } catch (error) {
      const outcome = outcomeOf(limit.signal.aborted ? limit.signal.reason : error);
      if (limit.signal.aborted && method === 'tools/call') this.#cancel(id, outcome);
      throw new ConnectionFailure(outcome, { cause: error });
    } finally {
      this.#waiting.delete(id);
      limit.letGo();
    }
  }

  /** Opens the standing stream when it is not open. @throws ConnectionFailure */
  async openStream(signal: AbortSignal): Promise<void> {
    const { clock, times } = this.#options;
    const opening = timeLimit(clock, times.handshakeMs, signal, () => silentFor(times.handshakeMs));
    try {
      await this.#transport.openStream(opening.signal);
    } finally {
      opening.letGo();
    }
  }

  closeStream(): void {
    this.#transport.closeStream();
  }

  resume(): void {
    this.#transport.resume();
  }

  /** Whether the server answers: null, or what says that it does not. A refusal is an answer, too. */
  async ping(signal: AbortSignal): Promise<Outcome | null> {
    const { pingMs, requestMs } = this.#options.times;
    try {
      await this.request('ping', undefined, Math.min(pingMs, requestMs), signal);
      return null;
    } catch (error) {
      signal.throwIfAborted();
      const outcome = outcomeOf(error);
      if (outcome.kind === 'protocol_error') return null;
      const missed = outcome.kind === 'silent' || (outcome.kind === 'network' && outcome.cause === 'timeout');
      return missed ? { kind: 'ping_lost', detail: 'a ping was not answered' } : outcome;
    }
  }

  /** Ends the session at the server and gives up what is open. Never rejects. */
  async close(signal: AbortSignal): Promise<void> {
    this.#end({ kind: 'closed', detail: 'the session was closed' });
    this.#transport.closeStream();
    await this.#transport.endSession(signal);
    this.#transport.close();
  }

  deliver(message: RpcMessage): void {
    if (!('method' in message)) this.#waiting.get(message.id)?.resolve(message);
    else if (message.id !== undefined) this.#reply(message.id, message.method);
  }

  pushEnded(outcome: Outcome): void {
    this.#options.owner.pushEnded(outcome);
  }

  ended(outcome: Outcome): void {
    this.#end(outcome);
    this.#options.owner.ended(outcome);
  }

  async #initialize(signal: AbortSignal): Promise<void> {
    const { version, times } = this.#options;
    const clientInfo = { name: 'nightcrier', version };
    const params = { protocolVersion: protocolVersions[0], capabilities: {}, clientInfo };
    const { protocolVersion, serverInfo } = await this.request('initialize', params, times.handshakeMs, signal);
    if (isNightcrier(serverInfo)) throw new ConnectionFailure({ kind: 'nightcrier', detail: 'its name is nightcrier' });
    if (!protocolVersions.some((known) => known === protocolVersion)) {
      const detail = oneLine(`the server's protocol version is not supported: ${String(protocolVersion)}`, 200);
      throw new ConnectionFailure({ kind: 'protocol_error', detail });
    }
    this.#transport.setProtocolVersion(String(protocolVersion));
    await this.#transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' }, signal);
  }

  #answered(message: RpcCall & { id: number }, limit: LinkedAbort): Promise<RpcAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#over) limit.abort(closed());
      this.#waiting.set(message.id, { resolve, limit });
      const letGo = onAbort(limit.signal, reject);
      this.#transport.send(message, limit.signal).catch((error: unknown) => {
        letGo();
        reject(error);
      });
    });
  }

  #end(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#pingTimer?.cancel();
    for (const { limit } of this.#waiting.values()) limit.abort(new ConnectionFailure(outcome));
  }

  #keepAlive(): void {
    if (this.#over) return;
    this.#pingTimer = this.#options.clock.setTimer(() => void this.#pinged(), this.#options.times.pingMs);
  }

  async #pinged(): Promise<void> {
    const lost = await this.ping(new AbortController().signal);
    if (this.#over) return;
    if (lost === null) this.#keepAlive();
    else this.ended(lost);
  }

  /** Best effort: who gave up says so, so that the server need not work on. */
  #cancel(requestId: number, { detail }: Outcome): void {
    if (!this.#over)
      this.#tell({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason: detail } });
  }

  /** We offer a server nothing but an answer to its pings. */
  #reply(id: string | number, method: string): void {
    if (method === 'ping') return this.#tell({ jsonrpc: '2.0', id, result: {} });
    this.#tell({ jsonrpc: '2.0', id, error: { code: methodNotFound, message: 'Method not found' } });
  }

  #tell(message: RpcMessage): void {
    const { clock, times } = this.#options;
    const limit = timeLimit(clock, times.requestMs, new AbortController().signal);
    void this.#transport
      .send(message, limit.signal)
      .catch(() => {})
      .finally(() => limit.letGo());
  }
}

function closed(): ConnectionFailure {
  return new ConnectionFailure({ kind: 'closed', detail: 'the session was closed' });
}

/** @throws ConnectionFailure `protocol_error` */
function resultOf({ result, error }: RpcAnswer): Record<string, unknown> {
  if (error !== undefined) {
    throw new ConnectionFailure({
      kind: 'protocol_error',
      detail: oneLine(`MCP error ${error.code}: ${error.message}`, 300),
    });
  }
  if (result !== null && typeof result === 'object' && !Array.isArray(result)) return result as Record<string, unknown>;
  throw new ConnectionFailure({ kind: 'protocol_error', detail: 'the result is no object' });
}

function textOfBlock(block: unknown): string {
  const text = block !== null && typeof block === 'object' ? (block as { text?: unknown }).text : null;
  return typeof text === 'string' ? text : '';
}

/** Servers that have both transports have the older one at /sse beside /mcp. */
function olderAddress(url: URL): URL {
  const older = new URL(url);
  older.pathname = older.pathname.replace(/\/mcp\/?$/, '/sse');
  return older;
}
