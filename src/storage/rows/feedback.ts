import type { Feedback } from '../../domain/history.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

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
