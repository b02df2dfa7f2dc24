import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type Value = string | number | null;
export type Row = Record<string, unknown>;

/** One SQLite connection with its prepared statements. Synchronous: lives in a worker thread or in a short command. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws the error of SQLite when the file cannot be opened. */
  constructor(file: string, options: { readOnly: boolean; timeoutMs?: number }) {
    this.#db = new DatabaseSync(file, { readOnly: options.readOnly, timeout: options.timeoutMs ?? 5000 });
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Number of rows that changed, and the id of an inserted one. */
  run(sql: string, ...params: Value[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...params);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  // The caller knows the columns of its own statement.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  get<T = Row>(sql: string, ...params: Value[]): T | null {
    return (this.#prepare(sql).get(...params) as T | undefined) ?? null;
  }

  all<T = Row>(sql: string, ...params: Value[]): T[] {
    return this.#prepare(sql).all(...params) as T[];
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** SQLite's primary result code of an error (sqlite.org/rescode.html), null when it is none of SQLite's. */
export function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

// BUSY, LOCKED
const held = new Set([5, 6]);
// PERM, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOLFS, AUTH, NOTADB
const environmental = new Set([3, 7, 8, 10, 11, 13, 14, 15, 22, 23, 26]);

/** Why the state file cannot be used: another program holds it, or the disk or the file itself fails. */
export type Unavailability = 'locked' | 'disk';

/** Why the state file cannot be used, null when it is the statement that failed by its own fault. */
export function unavailability(error: unknown): Unavailability | null {
  const code = sqliteCode(error);
  if (code === null) return null;
  if (held.has(code)) return 'locked';
  return environmental.has(code) ? 'disk' : null;
}
