import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { jsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import { z } from 'zod';
import type { ToolResult } from '../domain/ports.ts';
import { linked } from '../lib/abort.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { oneLine } from '../lib/text.ts';
import { timeLimit } from '../lib/time-limit.ts';
import { HttpTransport } from './http-transport.ts';
import type { McpEndpoint } from './mcp-http.ts';
import type { Carrying, McpTransport, TransportListener } from './mcp-transport.ts';
import type { NotificationGate } from './notification-gate.ts';
import { ConnectionFailure, type Outcome, outcomeOf, silentFor } from './outcome.ts';
import { SseTransport } from './sse-transport.ts';
import { listedSubscriptions, type SubscriptionAnswer, subscriptionAnswer } from './subscription-answer.ts';

export interface SessionTimes {
  /** Until a request of the handshake is answered, ms. */
  readonly handshakeMs: number;
  /** Until a ping or a subscription is answered, ms. */
  readonly requestMs: number;
  /** Until a tool has answered in full, ms. */
  readonly toolMs: number;
  /** Between pings, ms. */
  readonly pingMs: number;
  /** For the goodbye, ms. */
  readonly endMs: number;
}

export interface SessionOptions {
  readonly endpoint: McpEndpoint;
  readonly transport: 'auto' | 'streamable-http' | 'sse';
  readonly gate: NotificationGate;
  readonly events: Omit<TransportListener, 'ended'>;
  readonly times: SessionTimes;
  readonly clock: Clock;
  readonly version: string;
}

// Permissive: what a tool answers is looked at by whoever called it.
const toolAnswer = z.looseObject({
  content: z.array(z.unknown()).optional(),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});
const anyResult = z.looseObject({});

/** Output schemas of tools are not checked: one object for all clients, where the SDK makes a compiler for each. */
const noValidator: jsonSchemaValidator = {
  getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
};

/** One MCP session: made, used, ended, never brought back. After any death a new one is made. */
export class Session {
  readonly ended: Promise<Outcome>;
  readonly #options: SessionOptions;
  readonly #client: Client;
  readonly #transport: McpTransport;
  #streamOpen = false;
  #levelSet = false;
  #subscriptionId: string | null = null;
  #pingTimer: Timer | null = null;
  #resolveEnded: (outcome: Outcome) => void = () => {};
  #over = false;

  private constructor(options: SessionOptions, makeTransport: (carrying: Carrying) => McpTransport) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const listener: TransportListener = { ...options.events, ended: (outcome) => this.#end(outcome) };
    const { endpoint, gate, clock } = options;
    this.#transport = makeTransport({ endpoint, gate, clock, listener });
    this.#client = new Client(
      { name: 'nightcrier', version: options.version },
      { capabilities: {}, jsonSchemaValidator: noValidator },
    );
  }

  /**
   * Initializes a session over Streamable HTTP, or over the older SSE transport when that is chosen or, with `auto`, when
   * the server does not know the newer one. @throws ConnectionFailure
   */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const { url } = options.endpoint;
    const sseFirst = options.transport === 'sse' || (options.transport === 'auto' && url.pathname.endsWith('/sse'));
    if (sseFirst) return Session.#open(options, true, signal);
    try {
      return await Session.#open(options, false, signal);
    } catch (error) {
      const outcome = outcomeOf(error);
      const unknown = outcome.kind === 'http' && [400, 404, 405].includes(outcome.status);
      if (options.transport !== 'auto' || !unknown) throw error;
      const older = { ...options, endpoint: { ...options.endpoint, url: olderAddress(url) } };
      return await Session.#open(older, true, signal).catch(() => {
        throw error;
      });
    }
  }

  static async #open(options: SessionOptions, sse: boolean, signal: AbortSignal): Promise<Session> {
    const opening = timeLimit(options.clock, options.times.handshakeMs, signal, () =>
      silentFor(options.times.handshakeMs),
    );
    const session = new Session(options, (carrying) =>
      sse ? new SseTransport(carrying, opening.signal) : new HttpTransport(carrying),
    );
    try {
      await session.#client.connect(session.#transport, {
        timeout: options.times.handshakeMs,
        signal: opening.signal,
      });
      session.#keepAlive();
      return session;
    } catch (error) {
      await session.#transport.close();
      throw new ConnectionFailure(outcomeOf(opening.signal.aborted ? opening.signal.reason : error), { cause: error });
    } finally {
      opening.letGo();
    }
  }

  /** Opens the standing stream, asks for log messages and subscribes to faults. @throws ConnectionFailure */
  async subscribe(signal: AbortSignal): Promise<SubscriptionAnswer> {
    await this.#listen(signal);
    await this.#unsubscribe(signal);
    const answer = await this.#tool(
      'events_subscribe',
      { mode: 'faults' },
      this.#options.times.requestMs,
      signal,
    ).catch((error: unknown) => {
      throw asRefusal(error);
    });
    const said = subscriptionAnswer(answer.text);
    if (answer.isError && isUnknownTool(answer.text)) throw refusal('tool_absent', answer.text);
    if (answer.isError || said === null) throw refusal('subscribe_refused', answer.text);
    this.#subscriptionId = said.subscriptionId;
    return said;
  }

  /** Opens the standing stream and asks for log messages; what has succeeded is not done again. */
  async #listen(signal: AbortSignal): Promise<void> {
    if (!this.#streamOpen) {
      const opening = timeLimit(this.#options.clock, this.#options.times.handshakeMs, signal, () =>
        silentFor(this.#options.times.handshakeMs),
      );
      try {
        await this.#transport.openStream(opening.signal);
      } finally {
        opening.letGo();
      }
      // A second stream beside it would be a conflict (409).
      this.#streamOpen = true;
    }
    if (this.#levelSet) return;
    // Without it the server drops every notification in silence.
    await this.#request('logging/setLevel', { level: 'info' }, anyResult, signal).catch((error: unknown) => {
      throw asRefusal(error);
    });
    this.#levelSet = true;
  }

  /** Gives up the standing stream: this session will only be asked. */
  stopListening(): void {
    this.#transport.closeStream();
  }

  /** Whether the server still serves our subscription; null when it does not say. */
  async subscriptionServed(signal: AbortSignal): Promise<boolean | null> {
    if (this.#subscriptionId === null) return null;
    const { requestMs } = this.#options.times;
    const answer = await this.#tool('events_list_subscriptions', {}, requestMs, signal).catch(() => null);
    const listed = answer === null || answer.isError ? null : listedSubscriptions(answer.text);
    return listed === null ? null : listed.get(this.#subscriptionId) === false;
  }

  /** @throws ConnectionFailure */
  callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    return this.#tool(name, args, this.#options.times.toolMs, signal);
  }

  resume(): void {
    this.#transport.resume();
  }

  /** Unsubscribes, ends the session at the server and closes everything, within `endMs`. Never rejects. */
  async close(polite: boolean): Promise<void> {
    this.#end({ kind: 'closed', detail: 'the session was closed' });
    const limit = timeLimit(this.#options.clock, this.#options.times.endMs, new AbortController().signal, () =>
      silentFor(this.#options.times.endMs),
    );
    try {
      if (polite) await this.#unsubscribe(limit.signal);
      this.#transport.closeStream();
      await this.#transport.endSession(limit.signal);
    } finally {
      limit.letGo();
      await this.#client.close().catch(() => {});
    }
  }

  /** Best effort: a session may hold 10 subscriptions, and a degraded one stays listed. */
  async #unsubscribe(signal: AbortSignal): Promise<void> {
    const subscriptionId = this.#subscriptionId;
    this.#subscriptionId = null;
    if (subscriptionId === null) return;
    await this.#tool('events_unsubscribe', { subscriptionId }, this.#options.times.requestMs, signal).catch(() => {});
  }

  #end(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#pingTimer?.cancel();
    this.#resolveEnded(outcome);
  }

  #keepAlive(): void {
    if (this.#over) return;
    const { pingMs, requestMs } = this.#options.times;
    this.#pingTimer = this.#options.clock.setTimer(() => {
      this.#request('ping', undefined, anyResult, new AbortController().signal, Math.min(pingMs, requestMs)).then(
        () => this.#keepAlive(),
        (error: unknown) => {
          const outcome = outcomeOf(error);
          // A refusal is an answer, too: whoever does not know pings is there all the same.
          if (outcome.kind === 'protocol_error') return this.#keepAlive();
          const missed = outcome.kind === 'silent' || (outcome.kind === 'network' && outcome.cause === 'timeout');
          return this.#end(missed ? { kind: 'ping_lost', detail: 'a ping was not answered' } : outcome);
        },
      );
    }, pingMs);
  }

  async #tool(name: string, args: Record<string, unknown>, limitMs: number, signal: AbortSignal): Promise<ToolResult> {
    const params = { name, arguments: args };
    const answer = await this.#request('tools/call', params, toolAnswer, signal, limitMs);
    return {
      text: (answer.content ?? []).map(textOfBlock).join('\n'),
      structured: answer.structuredContent,
      isError: answer.isError === true,
    };
  }

  /** One request with its own time limit; a failure that says that the session is gone ends it. */
  async #request<T extends z.ZodType>(
    method: string,
    params: Record<string, unknown> | undefined,
    schema: T,
    signal: AbortSignal,
    limitMs = this.#options.times.requestMs,
  ): Promise<z.output<T>> {
    // The SDK never takes its abort listener away: each request has a signal of its own.
    const own = linked(signal);
    try {
      const request = params === undefined ? { method } : { method, params };
      return await this.#client.request(request, schema, { timeout: limitMs, signal: own.signal });
    } catch (error) {
      const outcome = outcomeOf(signal.aborted ? signal.reason : error);
      if (meansSessionGone(outcome)) this.#end(outcome);
      throw new ConnectionFailure(outcome, { cause: error });
    } finally {
      own.letGo();
    }
  }
}

function meansSessionGone(outcome: Outcome): boolean {
  if (outcome.kind === 'network') return true;
  return outcome.kind === 'http' && [401, 403, 404, 409].includes(outcome.status);
}

/** A tool that is not there, or a method: JSON-RPC errors that mean that this server cannot push. */
function asRefusal(error: unknown): unknown {
  const outcome = outcomeOf(error);
  if (outcome.kind !== 'protocol_error') return error;
  return refusal(isUnknownTool(outcome.detail) ? 'tool_absent' : 'subscribe_refused', outcome.detail);
}

function isUnknownTool(text: string): boolean {
  return /unknown tool|tool .*not found|method not found|does not support|-3260[12]/i.test(text);
}

function refusal(kind: 'tool_absent' | 'subscribe_refused', text: string): ConnectionFailure {
  return new ConnectionFailure({ kind, detail: oneLine(text, 200) || 'no text' });
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
