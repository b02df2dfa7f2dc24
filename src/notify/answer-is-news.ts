import type { DeliveryClaim } from '../domain/state-store.ts';

/**
 * Whether an incident has an answer that no message which arrived has told: each message says the newest state, so an
 * older one had it when it was written after the answer. A later state takes the place of an earlier one in the outbox,
 * and an answer must not get lost that way.
 */
export function answerIsNews({ incident, previous }: DeliveryClaim): boolean {
  if (incident === null || incident.reportedAt === null) return false;
  return previous === null || previous.createdAt < incident.reportedAt;
}

/** Whether what a message says first is that somebody has the incident in hand: all else was told before. */
export function acknowledgementIsNews(claim: DeliveryClaim): boolean {
  const { incident, previous } = claim;
  const acknowledged = incident?.acknowledged ?? null;
  if (acknowledged === null || previous === null || answerIsNews(claim)) return false;
  return previous.createdAt < acknowledged.at && previous.state === incident?.status;
}

/** Whether an incident's message tells its answer: it has one or failed, or it has ended since and nobody was told. */
export function tellsAnswer(claim: DeliveryClaim): boolean {
  const status = claim.incident?.status;
  if (status === 'reported' || status === 'failed') return true;
  return status === 'resolved' && answerIsNews(claim);
}
