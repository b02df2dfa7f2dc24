import { delay } from '../../lib/clock.ts';
import { type PushHub, SubscribeError } from './push-hub.ts';
import { secondsTime } from './push-fault.ts';
import type { PushSession } from './push-session.ts';
import { type ToolAnswer, toolError, toolText } from './tool-answer.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** `events_subscribe`, with the server's texts. The answer comes after `delayMs`: the server's watch must be up first. */
export async function subscribeTool(
  hub: PushHub,
  session: PushSession,
  args: Arguments,
  delayMs: number,
): Promise<ToolAnswer> {
  const { mode = 'events', ...filters } = args;
  if (mode !== 'faults' && mode !== 'events') return toolError(`invalid mode: ${String(mode)}`);
  if (mode === 'faults' && filters['type'] === 'Normal') {
    return toolError('invalid subscription filters: faults mode cannot filter for Normal events');
  }
  let subscription;
  try {
    subscription = hub.subscribe(session, mode, filters);
  } catch (error) {
    if (error instanceof SubscribeError) return toolError(`failed to create subscription: ${error.message}`);
    throw error;
  }
  if (delayMs > 0) await delay(hub.options.clock, delayMs);
  subscription.live = true;
  const created = {
    cluster: hub.options.serverCluster,
    createdAt: secondsTime(subscription.createdAt),
    filters,
    mode,
    status: 'active',
    subscriptionId: subscription.id,
  };
  return toolText(
    `# Event Subscription Created\n\n${indented(created)}\n\nYou will receive event notifications via the logging/message protocol.`,
  );
}

/** `events_unsubscribe`. */
export function unsubscribeTool(session: PushSession, args: Arguments): ToolAnswer {
  const id = typeof args['subscriptionId'] === 'string' ? args['subscriptionId'] : '';
  if (!session.subscriptions.delete(id)) {
    return toolError(`failed to cancel subscription: subscription ${id} not found`);
  }
  return toolText(`# Subscription Cancelled\n\n${indented({ status: 'cancelled', subscriptionId: id })}`);
}

/** `events_list_subscriptions`. */
export function listSubscriptionsTool(hub: PushHub, session: PushSession): ToolAnswer {
  const subscriptions = [...session.subscriptions.values()].map((subscription) => ({
    cluster: hub.options.serverCluster,
    createdAt: secondsTime(subscription.createdAt),
    degraded: subscription.degraded,
    filters: subscription.filters,
    mode: subscription.mode,
    subscriptionId: subscription.id,
  }));
  return toolText(`# Active Subscriptions\n\n${indented({ subscriptions, total: subscriptions.length })}`);
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
