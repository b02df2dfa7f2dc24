import { errorText } from '../../lib/problem.ts';
import { operate, writeOperations } from './table.ts';
import { type Database, unavailability } from '../sqlite/database.ts';
import { inSavepoint, type Transaction } from '../sqlite/transaction.ts';
import type { Committed, StoreAnswer, StoreRequest } from './protocol.ts';

/** What the writer thread keeps from one transaction to the next. */
type Writing = Omit<Transaction, 'changes'>;

/**
 * Runs requests in one transaction, so that they share one fsync. A request that fails by its own fault is undone alone;
 * when the disk or the file fails, all of them are undone and told that nothing can be written.
 */
export function commitTogether(store: Writing, requests: readonly StoreRequest[]): Committed {
  const { db } = store;
  const tx: Transaction = { ...store, changes: [] };
  try {
    db.exec('BEGIN IMMEDIATE');
    const answers = requests.map((request) => answerOne(tx, request));
    db.exec('COMMIT');
    // What was not committed was not ordered either.
    store.policy = tx.policy;
    store.redact = tx.redact;
    return { answers, changes: tx.changes };
  } catch (error) {
    rollBack(db);
    const failure = { ok: false, unavailable: unavailability(error) ?? 'disk', message: errorText(error) } as const;
    return { answers: requests.map(({ id }) => ({ id, ...failure })), changes: [] };
  }
}

function answerOne(tx: Transaction, request: StoreRequest): StoreAnswer {
  const { id } = request;
  try {
    return { id, ok: true, value: inSavepoint(tx, () => operate(writeOperations, request, tx)) };
  } catch (error) {
    if (unavailability(error) !== null || !tx.db.inTransaction) throw error;
    return { id, ok: false, unavailable: null, message: errorText(error) };
  }
}

function rollBack(db: Database): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK');
  } catch {
    // What could not be rolled back was never committed; the next BEGIN says whether the file can be used.
  }
}
