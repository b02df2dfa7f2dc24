import { oneLine } from '../lib/text.ts';

export interface SubscriptionAnswer {
  readonly subscriptionId: string;
  /** The server's own name of its cluster, part of the fault ids; often empty. */
  readonly cluster: string;
}

/**
 * Reads the answer to `events_subscribe`: a heading, a JSON object, a sentence (PROTOCOL.md section 1). Null when there is
 * no such object with a subscription id.
 */
export function subscriptionAnswer(text: string): SubscriptionAnswer | null {
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
