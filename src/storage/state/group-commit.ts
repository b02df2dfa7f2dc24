import type { StoreChange, StorePolicy } from '../../domain/state-store.ts';
import { errorText } from '../../lib/problem.ts';
import { type Database, isEnvironmental } from './database.ts';
import type { StoreAnswer, StoreRequest } from './protocol.ts';
import { inSavepoint } from './savepoint.ts';
import type { Transaction } from './transaction.ts';

export type AnyOperation = (tx: Transaction, ...args: never[]) => unknown;

export interface Committed {
  readonly answers: readonly StoreAnswer[];
  readonly changes: readonly StoreChange[];
}

/**
 * Runs requests in one transaction, so that they share one fsync. A request that fails by its own fault is undone alone;
 * when the disk or the file fails, all of them are undone and told that nothing can be written.
 */
export function commitTogether(
  db: Database,
  policy: StorePolicy,
  operations: Readonly<Record<string, AnyOperation>>,
  requests: readonly StoreRequest[],
): Committed {
  const tx: Transaction = { db, policy, changes: [] };
  try {
    db.exec('BEGIN IMMEDIATE');
    const answers = requests.map((request) => runOne(tx, operations, request));
    db.exec('COMMIT');
    return { answers, changes: tx.changes };
  } catch (error) {
    rollBack(db);
    const message = errorText(error);
    return { answers: requests.map(({ id }) => ({ id, ok: false, unavailable: true, message })), changes: [] };
  }
}

function runOne(
  tx: Transaction,
  operations: Readonly<Record<string, AnyOperation>>,
  { id, name, args }: StoreRequest,
): StoreAnswer {
  try {
    const operation = operations[name];
    if (!operation) throw new Error(`the state store has no operation ${name}`);
    return { id, ok: true, value: inSavepoint(tx, () => operation(tx, ...(args as never[]))) };
  } catch (error) {
    if (isEnvironmental(error) || !tx.db.inTransaction) throw error;
    return { id, ok: false, unavailable: false, message: errorText(error) };
  }
}

function rollBack(db: Database): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK');
  } catch {
    // What could not be rolled back was never committed; the next BEGIN says whether the file can be used.
  }
}
