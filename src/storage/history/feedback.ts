import type { Feedback, NewFeedback } from '../../domain/history.ts';
import type { Page } from '../../domain/state-store.ts';
import { newId } from '../../lib/ids.ts';
import { pageSize } from '../operations/queries.ts';
import { incidentById } from '../rows/incidents.ts';
import { runsWhere } from '../rows/runs.ts';
import { feedbackWhere, saveFeedback } from '../rows/people.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Of a comment, in characters. */
const maxComment = 2000;

/** Keeps what a person says of the newest answer of an incident. Null when there is no such incident. */
export function giveFeedback(tx: Transaction, incidentId: string, given: NewFeedback, at: number): Feedback | null {
  const incident = incidentById(tx.db, incidentId);
  if (incident === null) return null;
  const answered = `incident_id = ? AND status IN ('succeeded', 'failed') ORDER BY created_at DESC, id DESC LIMIT 1`;
  const [run] = runsWhere(tx.db, answered, incidentId);
  const feedback: Feedback = {
    id: newId('fbk', at),
    incidentId,
    runId: run?.id ?? null,
    rating: given.rating,
    by: given.by,
    at,
    comment: tx.redact.text(given.comment.slice(0, maxComment)),
  };
  saveFeedback(tx, feedback, incident.cluster);
  return feedback;
}

/** What people say of answers, the newest first. */
export function listFeedback(
  db: Database,
  query: { readonly limit: number; readonly before?: string },
): Page<Feedback> {
  const limit = pageSize(query.limit);
  const where = query.before === undefined ? '1' : 'id < ?';
  const params = query.before === undefined ? [] : [query.before];
  const rows = feedbackWhere(db, `${where} ORDER BY id DESC LIMIT ${limit + 1}`, ...params);
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
