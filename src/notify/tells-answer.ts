import type { DeliveryClaim } from '../domain/state-store.ts';

/**
 * Whether an incident's message tells its answer: it has one, or it failed. Also when it has ended since and the answer
 * was not told before (`post` is null): a later state takes the place of an earlier one in the outbox, and an answer
 * must not get lost that way.
 */
export function tellsAnswer({ incident, post }: DeliveryClaim): boolean {
  if (incident === null) return false;
  if (incident.status === 'reported' || incident.status === 'failed') return true;
  return incident.status === 'resolved' && incident.reportedAt !== null && post === null;
}
