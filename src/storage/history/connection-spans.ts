import type { ConnectionChange, ConnectionSpan } from '../../domain/cluster-status.ts';
import type { Database, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** So many spans of a cluster are kept: those of some days where it comes and goes every half hour. */
const kept = 200;
/** Of what an error says, in characters. */
const maxMessage = 1000;

interface OpenSpan {
  readonly id: number;
  readonly began_at: number;
  readonly body: string;
}

type Body = Pick<ConnectionSpan, 'state' | 'source' | 'error'>;

/** Ends the spans that an earlier process left open, when that was last known to be alive. */
export function endConnections({ db }: Transaction): void {
  db.run(
    `UPDATE connection_spans SET ended_at = max(began_at, coalesce((SELECT at FROM alive), 0)) WHERE ended_at IS NULL`,
  );
}

/** Carries spans on and begins new ones; `at`: the process is alive. */
export function noteConnections(tx: Transaction, changes: readonly ConnectionChange[], at: number): void {
  for (const change of changes) note(tx, change);
  for (const cluster of new Set(changes.map((change) => change.cluster))) {
    tx.db.run(
      `DELETE FROM connection_spans WHERE cluster = ? AND id <= (SELECT id FROM connection_spans
         WHERE cluster = ? ORDER BY id DESC LIMIT 1 OFFSET ${kept})`,
      cluster,
      cluster,
    );
  }
  tx.db.run('INSERT INTO alive (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at', at);
}

function note(tx: Transaction, { cluster, at, to, source, error }: ConnectionChange): void {
  const { db } = tx;
  const sql = 'SELECT id, began_at, body FROM connection_spans WHERE cluster = ? AND ended_at IS NULL';
  const open = db.get<OpenSpan>(sql, cluster);
  if (to === 'ended') {
    if (open !== null) end(db, open, at);
    return;
  }
  const said = error && { code: error.code, message: tx.redact.text(error.message).slice(0, maxMessage) };
  const body: Body = { state: to, source, error: said };
  const before = open === null ? null : (JSON.parse(open.body) as Body);
  if (open !== null && before?.state === to && before.source === source) {
    // One outage, however many attempts it has: it says what was wrong last.
    db.run('UPDATE connection_spans SET body = ? WHERE id = ?', JSON.stringify(body), open.id);
    return;
  }
  if (open !== null) end(db, open, at);
  db.run('INSERT INTO connection_spans (cluster, began_at, body) VALUES (?, ?, ?)', cluster, at, JSON.stringify(body));
}

/** A clock that was set back gives no span that ends before it began. */
function end(db: Database, { id, began_at: beganAt }: OpenSpan, at: number): void {
  db.run('UPDATE connection_spans SET ended_at = ? WHERE id = ?', Math.max(beganAt, at), id);
}

/** When a cluster was heard and when not, newest first; at most 200 spans. */
export function connectionSpans(db: Database, cluster: string): ConnectionSpan[] {
  return spansWhere(db, `cluster = ? ORDER BY id DESC LIMIT ${kept}`, cluster);
}

/** Of these the ones in which it was not heard, that lie in part between two times; at most `limit`. */
export function unheardSpans(
  db: Database,
  cluster: string,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): ConnectionSpan[] {
  const where = `cluster = ? AND began_at <= ? AND ifnull(ended_at, ?) >= ? AND json_extract(body, '$.state') = 'failed'`;
  return spansWhere(db, `${where} ORDER BY id DESC LIMIT ?`, cluster, to, from, from, limit);
}

function spansWhere(db: Database, where: string, ...params: Value[]): ConnectionSpan[] {
  return db
    .all<{ began_at: number; ended_at: number | null; body: string }>(
      `SELECT began_at, ended_at, body FROM connection_spans WHERE ${where}`,
      ...params,
    )
    .map(({ began_at: from, ended_at: until, body }) => ({ ...(JSON.parse(body) as Body), from, until }));
}

/** Forgets those of clusters that are not configured. Names are looked up in the index, no span is read. */
export function forgetConnections(db: Database, configured: readonly string[]): void {
  const gone = db.all<{ name: string }>(
    `WITH RECURSIVE known (name) AS (
       SELECT min(cluster) FROM connection_spans
       UNION ALL SELECT (SELECT min(cluster) FROM connection_spans WHERE cluster > name) FROM known WHERE name IS NOT NULL)
     SELECT name FROM known WHERE name IS NOT NULL AND name NOT IN (SELECT value FROM json_each(?))`,
    JSON.stringify(configured),
  );
  for (const { name } of gone) db.run('DELETE FROM connection_spans WHERE cluster = ?', name);
}
