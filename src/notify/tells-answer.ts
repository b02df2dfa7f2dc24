import type { DeliveryClaim } from '../domain/state-store.ts';
import { answerIsNews } from './answer-is-news.ts';

/** Whether an incident's message tells its answer: it has one or failed, or it has ended since and nobody was told. */
export function tellsAnswer(claim: DeliveryClaim): boolean {
  const status = claim.incident?.status;
  if (status === 'reported' || status === 'failed') return true;
  return status === 'resolved' && answerIsNews(claim);
}
