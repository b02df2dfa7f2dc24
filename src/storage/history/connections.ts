import type { ClusterChange, ConnectionChange } from '../../domain/cluster-status.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** So many changes of a cluster are kept: those of some days where it comes and goes every hour. */
const kept = 200;
/** Of what an error says, in characters. */
const maxMessage = 1000;

/** Keeps what connections went through; of each cluster the newest. */
export function noteConnections(tx: Transaction, changes: readonly ClusterChange[]): void {
  for (const { cluster, at, ...rest } of changes) {
    const { error } = rest;
    const said = error && { ...error, message: tx.redact.text(error.message.slice(0, maxMessage)) };
    const body = JSON.stringify({ ...rest, error: said });
    tx.db.run('INSERT INTO connection_changes (cluster, at, body) VALUES (?, ?, ?)', cluster, at, body);
  }
  for (const cluster of new Set(changes.map((change) => change.cluster))) {
    tx.db.run(
      `DELETE FROM connection_changes WHERE cluster = ? AND id <= (SELECT id FROM connection_changes
         WHERE cluster = ? ORDER BY id DESC LIMIT 1 OFFSET ${kept})`,
      cluster,
      cluster,
    );
  }
}

/** What the connection of a cluster went through, newest first; at most 200 changes. */
export function connectionHistory(db: Database, cluster: string): ConnectionChange[] {
  return db
    .all<{ at: number; body: string }>(
      `SELECT at, body FROM connection_changes WHERE cluster = ? ORDER BY id DESC LIMIT ${kept}`,
      cluster,
    )
    .map(({ at, body }) => ({ ...(JSON.parse(body) as Omit<ConnectionChange, 'at'>), at }));
}
