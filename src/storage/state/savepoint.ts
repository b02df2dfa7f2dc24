import type { Transaction } from './transaction.ts';

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
