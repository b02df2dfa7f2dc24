import { isLive } from '../../domain/incident.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { answerIsNews } from '../answer-is-news.ts';
import type { MessageMetadata } from './message.ts';

/** What a thread is told: an edit of the post above it notifies nobody, an answer in it those who follow. */
export type ThreadNews = 'details' | 'reopened' | 'resolved' | 'back';

/** What the thread of a post gets with the state that is told now, in order (UX.md section 3.3). */
export function threadNews(claim: DeliveryClaim): readonly ThreadNews[] {
  const { delivery, incident, previous } = claim;
  if (incident === null) return delivery.notice?.answers === undefined || claim.post === null ? [] : ['back'];
  const news: ThreadNews[] = [];
  const hasAnswer = incident.status === 'reported' || incident.status === 'resolved';
  if (hasAnswer && answerIsNews(claim)) news.push('details');
  if (previous !== null && previous.state !== 'resolved' && incident.status === 'resolved') news.push('resolved');
  if (previous?.state === 'resolved' && isLive(incident.status)) news.push('reopened');
  return news;
}

/** By this a message of a thread is found again after a crash: the same news has the same type and mark. Ids only. */
export function newsMetadata({ delivery, incident }: DeliveryClaim, news: ThreadNews): MessageMetadata {
  const type = `nightcrier_${news}`;
  if (incident === null) {
    return { event_type: type, event_payload: { delivery_id: delivery.id, mark: delivery.id } };
  }
  const marks = { details: incident.reportedAt, resolved: incident.resolvedAt, reopened: incident.reopened, back: 0 };
  return {
    event_type: type,
    event_payload: { delivery_id: delivery.id, incident_id: incident.id, seq: incident.seq, mark: marks[news] ?? 0 },
  };
}

/** Whether two messages of one thread say the same. */
export function isSameNews(a: MessageMetadata, b: MessageMetadata): boolean {
  return a.event_type === b.event_type && a.event_payload['mark'] === b.event_payload['mark'];
}
