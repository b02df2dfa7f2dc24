import type { StoreChange, StorePolicy } from '../../domain/state-store.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { Database } from './database.ts';

/** What an operation works with; its changes are told after the commit. */
export interface Transaction {
  readonly db: Database;
  /** As `setPolicy` left it; one that is set holds for the requests after it. */
  policy: StorePolicy;
  /** What is written of a fault's own words goes through it. */
  redact: Redactor;
  readonly changes: StoreChange[];
}

/**
 * What `work` gives; when it fails, what it wrote is undone and the rest of the transaction stays, as far as SQLite has
 * not ended the whole of it (sqlite.org/lang_transaction.html, section 3). @throws what `work` throws
 */
export function inSavepoint<T>(tx: Transaction, work: () => T): T {
  const told = tx.changes.length;
  tx.db.exec('SAVEPOINT step');
  try {
    const value = work();
    tx.db.exec('RELEASE step');
    return value;
  } catch (error) {
    if (tx.db.inTransaction) tx.db.exec('ROLLBACK TO step; RELEASE step');
    tx.changes.length = told;
    throw error;
  }
}

/**
 * What `read` gives, all of it from one moment of the state file: between two statements on their own the writer may
 * commit (sqlite.org/isolation.html), and sums that belong together would not agree.
 */
export function inSnapshot<T>(db: Database, read: (db: Database) => T): T {
  db.exec('BEGIN');
  try {
    return read(db);
  } finally {
    db.exec('COMMIT');
  }
}
