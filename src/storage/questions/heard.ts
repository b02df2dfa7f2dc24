import type { HeardDraft, HeardQuestion, HeardStep, Hearing } from '../../domain/question.ts';
import { countedSince, decideHearing, heardQuestion, stepped } from '../../domain/questions/heard-question.ts';
import { hearOnce } from '../operations/posts.ts';
import type { Database, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Those that have ended are kept for so long, ms: they count for what is asked after them. */
const endedMs = 24 * 60 * 60_000;
/** More are never counted: over the largest bound. */
const counted = 100;

/** Keeps a question that is heard for the first time, unless too much is asked: that is heard, too, and not again. */
export function hearQuestion(tx: Transaction, draft: HeardDraft, at: number): Hearing {
  tx.db.run('DELETE FROM heard_questions WHERE ended = 1 AND heard_at < ?', at - endedMs);
  if (!hearOnce(tx, draft.id, at)) return { kind: 'repeated' };
  const hearing = decideHearing(heardFacts(tx.db, draft, at), at);
  if (hearing.kind !== 'heard') return hearing;
  const question = heardQuestion({ ...draft, text: tx.redact.text(draft.text) }, at);
  tx.db.run(
    'INSERT INTO heard_questions (id, incident_id, person, heard_at, ended, body) VALUES (?, ?, ?, ?, 0, ?)',
    question.id,
    question.incidentId,
    question.userId,
    at,
    JSON.stringify(question),
  );
  return hearing;
}

/** Those that have not ended, the oldest first. */
export function openQuestions(db: Database): HeardQuestion[] {
  return db
    .all<{ body: string }>('SELECT body FROM heard_questions WHERE ended = 0 ORDER BY heard_at, id')
    .map(({ body }) => JSON.parse(body) as HeardQuestion);
}

/** Writes a step of a question down, and gives the row after it. What has ended keeps no words. @throws Error */
export function stepQuestion(tx: Transaction, id: string, step: HeardStep): HeardQuestion {
  const row = tx.db.get<{ body: string }>('SELECT body FROM heard_questions WHERE id = ?', id);
  if (row === null) throw new Error(`there is no question ${id}`);
  const next = stepped(JSON.parse(row.body) as HeardQuestion, step);
  const kept = next.end === null ? next : { ...next, text: '', reply: null };
  const ended = next.end === null ? 0 : 1;
  tx.db.run('UPDATE heard_questions SET ended = ?, body = ? WHERE id = ?', ended, JSON.stringify(kept), id);
  return next;
}

function heardFacts(db: Database, { userId, incidentId }: HeardDraft, at: number) {
  const times = (where: string, ...params: Value[]): number[] =>
    db
      .all<{ at: number }>(
        `SELECT heard_at AS at FROM heard_questions WHERE ${where} heard_at > ? ORDER BY heard_at DESC LIMIT ${counted}`,
        ...params,
        countedSince(at),
      )
      .map((row) => row.at);
  const open = db.get<{ count: number }>('SELECT count(*) AS count FROM heard_questions WHERE ended = 0');
  return {
    open: open?.count ?? 0,
    person: times('person = ? AND', userId),
    incident: incidentId === null ? [] : times('incident_id = ? AND', incidentId),
    all: times(''),
  };
}
