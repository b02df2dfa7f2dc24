import { type SearchKind, searchable, searchText } from '../rows/search.ts';
import type { Database } from '../sqlite/database.ts';

/** Rows that are indexed at once: some ms, which what is asked meanwhile waits for. */
const slice = 100;
/** Places in the index for what began in the same millisecond; ids are times, so that the newest is found first. */
const perMs = 1024;
/** Later than any time that a clock shows, ms since the epoch; with its places still a number that is exact. */
const latest = 2 ** 42;

/**
 * Brings the words of rows that were noted into the index, the newest first; whether there are more. A transaction of its own.
 * @throws what SQLite throws; nothing is changed then
 */
export function indexDue(db: Database): boolean {
  if (db.get('SELECT 1 FROM search_due LIMIT 1') === null) return false;
  db.exec('BEGIN IMMEDIATE');
  try {
    const sql = 'SELECT kind, ref FROM search_due ORDER BY kind DESC, ref DESC LIMIT ?';
    const due = db.all<{ kind: SearchKind; ref: string | number }>(sql, slice);
    for (const { kind, ref } of due) indexOne(db, kind, ref);
    db.exec('COMMIT');
    return due.length === slice;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function indexOne(db: Database, kind: SearchKind, ref: string | number): void {
  const row = searchable(db, kind, ref);
  const text = row === null ? null : searchText(row);
  const before = db.get<{ id: number; text: string }>(
    'SELECT id, text FROM search_texts WHERE kind = ? AND ref = ?',
    kind,
    ref,
  );
  if (before !== null && before.text !== text) remove(db, before);
  if (row !== null && text !== null && before?.text !== text) {
    const id = before?.id ?? freeId(db, row.at);
    db.run('INSERT INTO search_texts (id, kind, ref, text) VALUES (?, ?, ?, ?)', id, kind, ref, text);
    db.run('INSERT INTO search_index (rowid, text) VALUES (?, ?)', id, text);
  }
  db.run('DELETE FROM search_due WHERE kind = ? AND ref = ?', kind, ref);
}

/** Out of the index and its texts: FTS5 has to be told what it indexed (sqlite.org/fts5.html, 4.4.3). */
function remove(db: Database, { id, text }: { readonly id: number; readonly text: string }): void {
  db.run(`INSERT INTO search_index (search_index, rowid, text) VALUES ('delete', ?, ?)`, id, text);
  db.run('DELETE FROM search_texts WHERE id = ?', id);
}

/** The places in the index of what began then, ms since the epoch; when they are taken those of the next follow. */
export function placesOf(at: number): { readonly first: number; readonly last: number } {
  const first = Math.min(Math.max(0, Math.trunc(at)), latest) * perMs;
  return { first, last: first + perMs - 1 };
}

function freeId(db: Database, at: number): number {
  for (let { first } = placesOf(at); ; first += perMs) {
    const sql = 'SELECT max(id) AS id FROM search_texts WHERE id BETWEEN ? AND ?';
    const next = (db.get<{ id: number | null }>(sql, first, first + perMs - 1)?.id ?? first - 1) + 1;
    if (next < first + perMs) return next;
  }
}
