import type { AgentQuestion } from '../../domain/question.ts';
import type { Database, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/* Questions that agents answer, a row each. */

/** Writes a question, new or changed. */
export function saveQuestion(tx: Transaction, question: AgentQuestion): void {
  tx.db.run(
    `INSERT INTO questions (id, incident_id, ended, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, body = excluded.body`,
    question.id,
    question.incidentId,
    question.endedAt === null ? 0 : 1,
    JSON.stringify(question),
  );
  tx.changes.push({ type: 'question', cluster: question.cluster, question });
}

export function agentQuestion(db: Database, id: string): AgentQuestion | null {
  return questionsWhere(db, 'id = ?', id)[0] ?? null;
}

/** The newest that was asked for a question that was heard. */
export function questionOfHeard(db: Database, incidentId: string, heard: string): AgentQuestion | null {
  const where = `incident_id = ? AND json_extract(body, '$.heard') = ? ORDER BY id DESC LIMIT 1`;
  return questionsWhere(db, where, incidentId, heard)[0] ?? null;
}

/** Those that have not ended. */
export function leftQuestions(db: Database): AgentQuestion[] {
  return questionsWhere(db, 'ended = 0');
}

const shown = 100;

/** What agents were asked about an incident, newest first, at most 100. */
export function agentQuestions(db: Database, incidentId: string): AgentQuestion[] {
  return questionsWhere(db, `incident_id = ? ORDER BY id DESC LIMIT ${shown}`, incidentId);
}

function questionsWhere(db: Database, where: string, ...params: Value[]): AgentQuestion[] {
  return db
    .all<{ body: string }>(`SELECT body FROM questions WHERE ${where}`, ...params)
    .map(({ body }) => JSON.parse(body) as AgentQuestion);
}
