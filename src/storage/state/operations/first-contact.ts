import { formatDuration } from '../../../lib/duration.ts';
import { plural } from '../../../lib/text.ts';
import { clusterRow, setTold } from '../rows/clusters.ts';
import type { Transaction } from '../transaction.ts';
import { addNotice } from './announce.ts';

/** When the last quiet fault of a cluster's first sweep has its outcome: one message for all of them (INT-4). */
export function tellFirstContact(tx: Transaction, cluster: string, at: number): void {
  const row = clusterRow(tx.db, cluster);
  if (row.firstSweepAt === null || row.told) return;
  const waiting = 'SELECT 1 FROM receptions WHERE cluster = ? AND outcome IS NULL AND quiet = 1 LIMIT 1';
  if (tx.db.get(waiting, cluster) !== null) return;
  setTold(tx.db, cluster);
  const quiet = tx.db.get<{ n: number }>(
    `SELECT count(*) AS n FROM incidents
     WHERE cluster = ? AND status <> 'skipped' AND json_extract(body, '$.quiet') = 1`,
    cluster,
  );
  const incidents = quiet?.n ?? 0;
  if (incidents === 0) return;
  const age = formatDuration(tx.policy.quietAfterMs);
  const detail = `${plural(row.quietFaults, 'fault')} stood for more than ${age} when ${cluster} was first looked at`;
  const notice = { key: `first_contact:${cluster}`, clusters: [cluster], since: row.firstSweepAt, until: null };
  addNotice(tx, 'first_contact', { ...notice, incidents, detail }, at);
}
