import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import { Database, sqliteCode } from './database.ts';

const busy = 5;

/** Those that hold a lock. A database that nothing holds is closed by the garbage collector, and its lock with it. */
const holding = new Set<Database>();

export interface DataDirLock {
  release(): void;
}

/**
 * Makes this process the only one that works on `dataDir`: an exclusive transaction on a file of its own, which the
 * kernel ends with the process, however that ends, and not before it is released; the pid stands beside it only to be
 * shown.
 * @throws ProblemError NC-STORE-005 with the pid of the process that holds it, NC-STORE-003 when the file cannot be made
 */
export function lockDataDir(dataDir: string, pid: number = process.pid): DataDirLock {
  const file = join(dataDir, 'lock.db');
  const pidFile = join(dataDir, 'nightcrier.pid');
  const db = acquire(file, pidFile, dataDir);
  try {
    writeFileSync(pidFile, `${pid}\n`, { mode: 0o600 });
  } catch {
    // It is only shown; a full disk is no reason not to start.
  }
  holding.add(db);
  return {
    release: () => {
      holding.delete(db);
      db.close();
    },
  };
}

function acquire(file: string, pidFile: string, dataDir: string): Database {
  let db: Database | null = null;
  try {
    db = new Database(file, { readOnly: false, timeoutMs: 0 });
    db.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    if (sqliteCode(error) === busy) {
      const pid = pidOf(pidFile);
      throw new ProblemError(storeProblems.locked, `process ${pid} already works on ${dataDir}`, {
        cause: error,
        fields: { pid },
      });
    }
    throw new ProblemError(storeProblems.cannotOpen, `${file} cannot be opened: ${errorText(error)}`, {
      cause: error,
      fields: { file },
    });
  }
}

function pidOf(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
