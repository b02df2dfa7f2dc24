import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { ProblemError, errorText } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import { Database, sqliteCode, unavailability } from './database.ts';
import { migrations } from './migrations.ts';

/** `NCRY` in ASCII: marks the file as ours (sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x4e435259;
const notADatabase = 26;
const corrupt = 11;

/**
 * Opens the state file for writing, checks it and brings it to the newest layout. With `synchronous=FULL` a commit is on
 * disk when it returns (sqlite.org/pragma.html#pragma_synchronous).
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened
 */
export function openForWriting(file: string): Database {
  return guarded(file, () => {
    makePrivate(file);
    const db = new Database(file, { readOnly: false });
    return closeOnError(db, () => {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      db.exec('PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY');
      checkIntegrity(db, file);
      migrate(db, file);
    });
  });
}

/**
 * Opens the state file for reading, beside a running daemon or without one.
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened, NC-STORE-006 absent
 */
export function openForReading(file: string): Database {
  if (!existsSync(file)) {
    throw new ProblemError(storeProblems.absent, `there is no state file at ${file}`);
  }
  return guarded(file, () => {
    const db = new Database(file, { readOnly: true });
    return closeOnError(db, () => {
      const version = layoutOf(db);
      if (version > migrations.length) throw newer(file, version);
      if (version < migrations.length) {
        throw new ProblemError(storeProblems.cannotOpen, `${file} has the layout of an older version`, {
          fields: { file },
        });
      }
    });
  });
}

/** Messages of clusters are nobody else's business; SQLite gives the -wal and -shm files the mode of the file. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch {
    // Opening it says what is wrong, with SQLite's reason.
  }
}

function closeOnError(db: Database, prepare: () => void): Database {
  try {
    prepare();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function guarded(file: string, open: () => Database): Database {
  try {
    return open();
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    const code = sqliteCode(error);
    const why = unavailability(error);
    if (why === null) throw error;
    const unusable = code === notADatabase || code === corrupt ? storeProblems.broken : storeProblems.cannotOpen;
    const kind = why === 'locked' ? storeProblems.busy : unusable;
    throw new ProblemError(kind, `the state file ${file} cannot be used: ${errorText(error)}`, {
      cause: error,
      fields: { file },
    });
  }
}

function checkIntegrity(db: Database, file: string): void {
  const answer = db.get<{ quick_check: string }>('PRAGMA quick_check(1)');
  if (answer?.quick_check !== 'ok') {
    throw new ProblemError(storeProblems.broken, `the state file ${file} is damaged: ${answer?.quick_check}`, {
      fields: { file },
    });
  }
}

function migrate(db: Database, file: string): void {
  const version = layoutOf(db);
  if (version > migrations.length) throw newer(file, version);
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}; PRAGMA application_id = ${applicationId}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function layoutOf(db: Database): number {
  return db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

function newer(file: string, version: number): ProblemError {
  return new ProblemError(
    storeProblems.newer,
    `the state file ${file} has layout ${version}, this version knows ${migrations.length}`,
    { fields: { file } },
  );
}
