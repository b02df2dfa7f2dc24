import type { Database } from './database.ts';

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
