import type { ToolResult } from '../../domain/ports.ts';
import { oneLine } from '../../lib/text.ts';
import { ConnectionFailure, outcomeOf } from '../mcp/outcome.ts';

export interface SubscriptionAnswer {
  readonly subscriptionId: string;
  /** The server's own name of its cluster, part of the fault ids; often empty. */
  readonly cluster: string;
}

/**
 * Reads the answer to `events_subscribe`: a heading, a JSON object, a sentence (PROTOCOL.md section 1). Null when there is
 * no such object with a subscription id.
 */
function subscriptionAnswer(text: string): SubscriptionAnswer | null {
  const value = embeddedObject(text);
  const id = value?.['subscriptionId'];
  if (typeof id !== 'string' || id === '') return null;
  const cluster = value?.['cluster'];
  return { subscriptionId: oneLine(id, 200), cluster: typeof cluster === 'string' ? cluster.slice(0, 300) : '' };
}

/** Subscription ids in the answer to `events_list_subscriptions`, with whether each is degraded; null when unreadable. */
export function listedSubscriptions(text: string): ReadonlyMap<string, boolean> | null {
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

/** The subscription that an answer tells of. @throws ConnectionFailure `tool_absent`, `subscribe_refused` */
export function subscriptionOf(answer: ToolResult): SubscriptionAnswer {
  const said = answer.isError ? null : subscriptionAnswer(answer.text);
  if (said !== null) return said;
  throw refusal(answer.isError && isUnknownTool(answer.text) ? 'tool_absent' : 'subscribe_refused', answer.text);
}

/** A tool that is not there, or a method: JSON-RPC errors that mean that this server cannot push. @throws ConnectionFailure */
export async function refusable<T>(request: Promise<T>): Promise<T> {
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
