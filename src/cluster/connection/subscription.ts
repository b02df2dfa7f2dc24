import type { ToolResult } from '../../domain/ports.ts';
import { oneLine } from '../../lib/text.ts';
import type { McpClient } from '../mcp/client.ts';
import { ConnectionFailure, outcomeOf } from '../mcp/outcome.ts';
import type { PushFailure, PushPart } from './reaction.ts';

interface SubscriptionAnswer {
  readonly subscriptionId: string;
  /** The server's own name of its cluster, part of the fault ids; often empty. */
  readonly cluster: string;
}

type Subscribed = { readonly answer: SubscriptionAnswer } | { readonly failure: PushFailure };

/** What a session needs to be pushed to: the standing stream, the log level and a subscription. */
export class Subscription {
  readonly #client: McpClient;
  readonly #limitMs: number;
  #levelSet = false;
  #id: string | null = null;
  /** A subscription was asked for and the answer never came: there may be one. */
  #unsure = false;

  /** `limitMs`: until a request is answered. */
  constructor(client: McpClient, limitMs: number) {
    this.#client = client;
    this.#limitMs = limitMs;
  }

  /**
   * Opens the stream, asks for log messages and subscribes to faults; what has succeeded is not done again. All three are
   * optional: a failure is a result, and the session is as good as before. @throws when `signal` ends
   */
  async make(signal: AbortSignal): Promise<Subscribed> {
    let part: PushPart = 'stream';
    try {
      await this.#client.openStream(signal);
      part = 'level';
      await this.#setLevel(signal);
      part = 'subscription';
      return { answer: await this.#subscribe(signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { failure: { part, outcome: outcomeOf(error) } };
    }
  }

  /** Whether the server still serves it; null when it does not say. */
  async isServed(signal: AbortSignal): Promise<boolean | null> {
    if (this.#id === null) return null;
    const listed = await this.#listed(signal);
    return listed === null ? null : listed.get(this.#id) === false;
  }

  /**
   * Best effort: a session may hold 10 subscriptions, and a degraded one stays listed; so does one that was made although
   * its answer never came.
   */
  async end(signal: AbortSignal): Promise<void> {
    const listed = this.#unsure ? [...((await this.#listed(signal)) ?? new Map<string, boolean>()).keys()] : [];
    const known = this.#id === null ? listed : [this.#id];
    this.#id = null;
    for (const subscriptionId of known) {
      await this.#client.callTool('events_unsubscribe', { subscriptionId }, this.#limitMs, signal).catch(() => {});
    }
  }

  /** Without it the server drops every notification in silence. */
  async #setLevel(signal: AbortSignal): Promise<void> {
    if (this.#levelSet) return;
    await refusable(this.#client.request('logging/setLevel', { level: 'info' }, this.#limitMs, signal));
    this.#levelSet = true;
  }

  async #subscribe(signal: AbortSignal): Promise<SubscriptionAnswer> {
    await this.end(signal);
    this.#unsure = true;
    const asked = this.#client.callTool('events_subscribe', { mode: 'faults' }, this.#limitMs, signal);
    const answer = await refusable(asked);
    this.#unsure = false;
    const said = subscriptionOf(answer);
    this.#id = said.subscriptionId;
    return said;
  }

  async #listed(signal: AbortSignal): Promise<ReadonlyMap<string, boolean> | null> {
    const answer = await this.#client
      .callTool('events_list_subscriptions', {}, this.#limitMs, signal)
      .catch(() => null);
    return answer === null || answer.isError ? null : listedSubscriptions(answer.text);
  }
}

/** The subscription that an answer tells of. @throws ConnectionFailure `tool_absent`, `subscribe_refused` */
function subscriptionOf(answer: ToolResult): SubscriptionAnswer {
  const said = answer.isError ? null : subscriptionAnswer(answer.text);
  if (said !== null) return said;
  throw refusal(answer.isError && isUnknownTool(answer.text) ? 'tool_absent' : 'subscribe_refused', answer.text);
}

/** Reads the answer to `events_subscribe`: a heading, a JSON object, a sentence. Null without a subscription id. */
function subscriptionAnswer(text: string): SubscriptionAnswer | null {
  const value = embeddedObject(text);
  const id = value?.['subscriptionId'];
  if (typeof id !== 'string' || id === '') return null;
  const cluster = value?.['cluster'];
  return { subscriptionId: oneLine(id, 200), cluster: typeof cluster === 'string' ? cluster.slice(0, 300) : '' };
}

/** Subscription ids in the answer to `events_list_subscriptions`, with whether each is degraded; null when unreadable. */
function listedSubscriptions(text: string): ReadonlyMap<string, boolean> | null {
  const list = embeddedObject(text)?.['subscriptions'];
  if (!Array.isArray(list)) return null;
  const found = new Map<string, boolean>();
  for (const one of list.slice(0, 1000) as unknown[]) {
    if (one === null || typeof one !== 'object') continue;
    const { subscriptionId, degraded } = one as { subscriptionId?: unknown; degraded?: unknown };
    if (typeof subscriptionId === 'string') found.set(oneLine(subscriptionId, 200), degraded === true);
  }
  return found;
}

/** A tool that is not there, or a method: JSON-RPC errors that mean that this server cannot push. @throws ConnectionFailure */
async function refusable<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome.kind !== 'protocol_error') throw error;
    throw refusal(isUnknownTool(outcome.detail) ? 'tool_absent' : 'subscribe_refused', outcome.detail);
  }
}

function isUnknownTool(text: string): boolean {
  return /unknown tool|tool .*not found|method not found|does not support|-3260[12]/i.test(text);
}

function refusal(kind: 'tool_absent' | 'subscribe_refused', text: string): ConnectionFailure {
  return new ConnectionFailure({ kind, detail: oneLine(text, 200) || 'no text' });
}

function embeddedObject(text: string): Record<string, unknown> | null {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return null;
  try {
    return JSON.parse(text.slice(start, end + 1)) as Record<string, unknown>;
  } catch {
    return null;
  }
}
