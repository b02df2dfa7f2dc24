import type { Feedback } from '../../domain/history.ts';
import { type IncidentAct, maxActs } from '../../domain/people/incident-act.ts';
import type { Incident } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/* What people did with incidents and said of their answers, a row each. */

/** Writes what a person did; of an incident the latest are kept. */
export function saveAct(tx: Transaction, act: IncidentAct, incident: Incident): void {
  const sql = 'INSERT INTO acts (id, incident_id, body) VALUES (?, ?, ?)';
  tx.db.run(sql, act.id, act.incidentId, JSON.stringify(act));
  tx.db.run(
    `DELETE FROM acts WHERE id IN (SELECT id FROM acts WHERE incident_id = ? ORDER BY id DESC LIMIT -1 OFFSET ${maxActs})`,
    act.incidentId,
  );
  // The row of the incident may be as it was, and who looks at it has something new to see.
  if (!act.done || act.kind === 'rerun') tx.changes.push({ type: 'incident', cluster: incident.cluster, incident });
}

/** What people did with an incident, the oldest first. */
export function actsOf(db: Database, incidentId: string): IncidentAct[] {
  return db
    .all<{ body: string }>('SELECT body FROM acts WHERE incident_id = ? ORDER BY id', incidentId)
    .map(({ body }) => JSON.parse(body) as IncidentAct);
}

/** Writes what somebody says of an incident's answer, in the place of what the same person said before. */
export function saveFeedback(tx: Transaction, feedback: Feedback, cluster: string): void {
  const { id, incidentId, by } = feedback;
  tx.db.run('DELETE FROM feedback WHERE incident_id = ? AND author = ?', incidentId, by);
  const sql = 'INSERT INTO feedback (id, incident_id, author, body) VALUES (?, ?, ?, ?)';
  tx.db.run(sql, id, incidentId, by, JSON.stringify(feedback));
  tx.changes.push({ type: 'feedback', cluster, feedback });
}

/** `where` and what follows it, over the columns of the table. */
export function feedbackWhere(db: Database, where: string, ...params: Value[]): Feedback[] {
  return db.all(`SELECT body FROM feedback WHERE ${where}`, ...params).map(feedbackFromRow);
}

function feedbackFromRow(row: Row): Feedback {
  return JSON.parse(row['body'] as string) as Feedback;
}
