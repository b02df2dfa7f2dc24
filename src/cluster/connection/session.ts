import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { jsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import { z } from 'zod';
import type { ToolResult } from '../../domain/ports.ts';
import { type LinkedAbort, linked } from '../../lib/abort.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { HttpTransport } from '../mcp/http-transport.ts';
import type { McpEndpoint } from '../mcp/http.ts';
import type { Carrying, McpTransport, TransportListener } from '../mcp/transport.ts';
import type { NotificationGate } from './notification-gate.ts';
import { ConnectionFailure, type Outcome, outcomeOf, silentFor } from '../mcp/outcome.ts';
import type { PushFailure, PushPart } from './reaction.ts';
import { SseTransport } from '../mcp/sse-transport.ts';
import { listedSubscriptions, refusable, type SubscriptionAnswer, subscriptionOf } from './subscription-answer.ts';
import type { SessionTimes } from './session-times.ts';

type Subscribed = { readonly answer: SubscriptionAnswer } | { readonly failure: PushFailure };

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
  /** A subscription was asked for and the answer never came: there may be one. */
  #unsure = false;
  #pingTimer: Timer | null = null;
  #resolveEnded: (outcome: Outcome) => void = () => {};
  #over = false;

  private constructor(options: SessionOptions, makeTransport: (carrying: Carrying) => McpTransport) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const listener: TransportListener = {
      ...options.events,
      streamEnded: (outcome) => {
        this.#streamOpen = false;
        options.events.streamEnded(outcome);
      },
      ended: (outcome) => this.#end(outcome),
    };
    const { endpoint, gate, clock } = options;
    this.#transport = makeTransport({ endpoint, gate, clock, listener });
    this.#client = new Client(
      { name: 'nightcrier', version: options.version },
      { capabilities: {}, jsonSchemaValidator: noValidator },
    );
  }

  /** Initializes a session over Streamable HTTP, or with `sse` over the older transport. @throws ConnectionFailure */
  static async open(options: SessionOptions, sse: boolean, signal: AbortSignal): Promise<Session> {
    const opening = handshakeLimit(options, signal);
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

  /**
   * Opens the standing stream, asks for log messages and subscribes to faults; what has succeeded is not done again. All
   * three are optional: a failure is a result, and the session is as good as before. @throws when `signal` ends
   */
  async subscribe(signal: AbortSignal): Promise<Subscribed> {
    let part: PushPart = 'stream';
    try {
      await this.#openStream(signal);
      part = 'level';
      await this.#setLevel(signal);
      part = 'subscription';
      return { answer: await this.#subscribe(signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { failure: { part, outcome: outcomeOf(error) } };
    }
  }

  /** Asks whether requests are still answered; a refusal is an answer, too. Ends the session when they are not. */
  async confirm(signal: AbortSignal): Promise<void> {
    const outcome = await this.#ping(signal);
    if (outcome === null || !meansSessionGone(outcome)) return;
    this.#end(outcome);
    throw new ConnectionFailure(outcome);
  }

  async #openStream(signal: AbortSignal): Promise<void> {
    if (this.#streamOpen) return;
    const opening = handshakeLimit(this.#options, signal);
    // A second stream beside it would be a conflict (409); it may end before the opening has returned.
    this.#streamOpen = true;
    try {
      await this.#transport.openStream(opening.signal);
    } catch (error) {
      this.#streamOpen = false;
      throw error;
    } finally {
      opening.letGo();
    }
  }

  /** Without it the server drops every notification in silence. */
  async #setLevel(signal: AbortSignal): Promise<void> {
    if (this.#levelSet) return;
    await refusable(this.#request('logging/setLevel', { level: 'info' }, anyResult, signal));
    this.#levelSet = true;
  }

  async #subscribe(signal: AbortSignal): Promise<SubscriptionAnswer> {
    const { requestMs } = this.#options.times;
    await this.#unsubscribe(signal);
    this.#unsure = true;
    const answer = await refusable(this.#tool('events_subscribe', { mode: 'faults' }, requestMs, signal));
    this.#unsure = false;
    const said = subscriptionOf(answer);
    this.#subscriptionId = said.subscriptionId;
    return said;
  }

  /** Gives up the standing stream: this session will only be asked. */
  stopListening(): void {
    this.#transport.closeStream();
    this.#streamOpen = false;
  }

  /** Whether the server still serves our subscription; null when it does not say. */
  async subscriptionServed(signal: AbortSignal): Promise<boolean | null> {
    if (this.#subscriptionId === null) return null;
    const listed = await this.#listed(signal);
    return listed === null ? null : listed.get(this.#subscriptionId) === false;
  }

  async #listed(signal: AbortSignal): Promise<ReadonlyMap<string, boolean> | null> {
    const { requestMs } = this.#options.times;
    const answer = await this.#tool('events_list_subscriptions', {}, requestMs, signal).catch(() => null);
    return answer === null || answer.isError ? null : listedSubscriptions(answer.text);
  }

  /** @throws ConnectionFailure */
  callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    return this.#needed(this.#tool(name, args, this.#options.times.toolMs, signal));
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

  /**
   * Best effort: a session may hold 10 subscriptions, and a degraded one stays listed; so does one that was made although
   * its answer never came.
   */
  async #unsubscribe(signal: AbortSignal): Promise<void> {
    const listed = this.#unsure ? [...((await this.#listed(signal)) ?? new Map<string, boolean>()).keys()] : [];
    const known = this.#subscriptionId === null ? listed : [this.#subscriptionId];
    this.#subscriptionId = null;
    const { requestMs } = this.#options.times;
    for (const subscriptionId of known) {
      await this.#tool('events_unsubscribe', { subscriptionId }, requestMs, signal).catch(() => {});
    }
  }

  #end(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#pingTimer?.cancel();
    this.#resolveEnded(outcome);
  }

  #keepAlive(): void {
    if (this.#over) return;
    const { clock, times } = this.#options;
    this.#pingTimer = clock.setTimer(() => {
      const pinged = this.#ping(new AbortController().signal);
      void pinged.then((lost) => (lost === null ? this.#keepAlive() : this.#end(lost)));
    }, times.pingMs);
  }

  /** Null when it was answered. */
  async #ping(signal: AbortSignal): Promise<Outcome | null> {
    const { pingMs, requestMs } = this.#options.times;
    try {
      await this.#request('ping', undefined, anyResult, signal, Math.min(pingMs, requestMs));
      return null;
    } catch (error) {
      signal.throwIfAborted();
      const outcome = outcomeOf(error);
      // A refusal is an answer, too: whoever does not know pings is there all the same.
      if (outcome.kind === 'protocol_error') return null;
      const missed = outcome.kind === 'silent' || (outcome.kind === 'network' && outcome.cause === 'timeout');
      return missed ? { kind: 'ping_lost', detail: 'a ping was not answered' } : outcome;
    }
  }

  /** What the cluster cannot be watched without: a failure that says that the session is gone ends it. */
  async #needed<T>(work: Promise<T>): Promise<T> {
    return await work.catch((error: unknown) => {
      const outcome = outcomeOf(error);
      if (meansSessionGone(outcome)) this.#end(outcome);
      throw error;
    });
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

  /** One request with its own time limit. @throws ConnectionFailure */
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
      throw new ConnectionFailure(outcomeOf(signal.aborted ? signal.reason : error), { cause: error });
    } finally {
      own.letGo();
    }
  }
}

function handshakeLimit({ clock, times }: SessionOptions, signal: AbortSignal): LinkedAbort {
  return timeLimit(clock, times.handshakeMs, signal, () => silentFor(times.handshakeMs));
}

function meansSessionGone(outcome: Outcome): boolean {
  if (outcome.kind === 'network' || outcome.kind === 'ping_lost') return true;
  return outcome.kind === 'http' && [401, 403, 404, 409].includes(outcome.status);
}

function textOfBlock(block: unknown): string {
  const text = block !== null && typeof block === 'object' ? (block as { text?: unknown }).text : null;
  return typeof text === 'string' ? text : '';
}
