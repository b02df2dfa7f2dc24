import { formatDuration } from '../../lib/format.ts';
import { plural } from '../../lib/text.ts';
import { clusterRow, setTold } from '../rows/clusters.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { addNotice } from './announce.ts';

/**
 * When the last fault that was taken up quietly has its outcome: one message for all of them (INT-4). They are found at
 * the first sweep of a cluster, and when something that held long-standing faults back is gone.
 */
export function tellFirstContact(tx: Transaction, cluster: string, at: number): void {
  const row = clusterRow(tx.db, cluster);
  const { quietAt } = row;
  if (quietAt === null || row.told) return;
  const waiting = 'SELECT 1 FROM receptions WHERE cluster = ? AND outcome IS NULL AND quiet = 1 LIMIT 1';
  if (tx.db.get(waiting, cluster) !== null) return;
  setTold(tx.db, cluster);
  const quiet = tx.db.get<{ n: number }>(
    `SELECT count(DISTINCT incidents.id) AS n FROM receptions JOIN incidents ON incidents.id = receptions.incident_id
     WHERE receptions.cluster = ? AND receptions.quiet = 1 AND receptions.at >= ?
       AND incidents.status <> 'skipped' AND json_extract(incidents.body, '$.quiet') = 1`,
    cluster,
    quietAt,
  );
  const incidents = quiet?.n ?? 0;
  if (incidents === 0) return;
  const stood = `${plural(row.quietFaults, 'fault')} stood for more than ${formatDuration(tx.policy.quietAfterMs)}`;
  const when = quietAt === row.firstSweepAt ? `when ${cluster} was first looked at` : `before ${cluster} let us look`;
  const notice = { key: `first_contact:${cluster}:${quietAt}`, clusters: [cluster], since: quietAt, until: null };
  addNotice(tx, 'first_contact', { ...notice, incidents, detail: `${stood} ${when}` }, at);
}
