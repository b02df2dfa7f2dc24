import { type AnsweredQuestion, type EarlierQuestion, earlierOf, isAskedBefore } from '../../domain/history.ts';
import { truncate } from '../../lib/text.ts';
import { incidentById } from '../rows/incidents.ts';
import { agentQuestions } from '../rows/questions.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Of an incident the newest are kept, and of an answer its beginning, characters: a later question goes on from that. */
const kept = { perIncident: 20, answer: 2000 };

/** Keeps a question with what rules answered; one of the same id is replaced. Nothing of an incident that is not kept. */
export function keepAnswered(tx: Transaction, { incidentId, ...asked }: AnsweredQuestion): void {
  if (incidentById(tx.db, incidentId) === null) return;
  const text = tx.redact.text(asked.text);
  const answer = { ...asked.answer, text: truncate(tx.redact.text(asked.answer.text), kept.answer) };
  tx.db.run(
    `INSERT INTO asked (id, incident_id, at, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body`,
    asked.id,
    incidentId,
    asked.at,
    JSON.stringify({ ...asked, text, answer, hasPage: false } satisfies EarlierQuestion),
  );
  tx.db.run(
    `DELETE FROM asked WHERE incident_id = ? AND id NOT IN
       (SELECT id FROM asked WHERE incident_id = ? ORDER BY at DESC, id DESC LIMIT ${kept.perIncident})`,
    incidentId,
    incidentId,
  );
}

/** What was asked about an incident and answered, by rules and by agents, the newest first. */
export function earlierQuestions(db: Database, incidentId: string): EarlierQuestion[] {
  const byRules = db
    .all<{ body: string }>('SELECT body FROM asked WHERE incident_id = ?', incidentId)
    .map(({ body }) => JSON.parse(body) as EarlierQuestion);
  const byAgents = agentQuestions(db, incidentId).flatMap((question) => earlierOf(question) ?? []);
  return [...byRules, ...byAgents]
    .toSorted((a, b) => (isAskedBefore(a, { ...b, askedAt: b.at }) ? 1 : -1))
    .slice(0, kept.perIncident);
}
