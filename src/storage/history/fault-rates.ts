import type { FaultRate, FaultRateQuery } from '../../domain/history.ts';
import type { Database } from '../sqlite/database.ts';

/** Stretches of one answer: one over which more was asked for has longer ones. */
const maxStretches = 400;
/** Clusters that are told apart in one answer at most; what others received is summed up. */
const maxClusters = 100;

/**
 * Faults received by cluster, stretch and source, of those that an index holds by time: no reception is read. Stretches
 * begin at whole multiples of their length.
 */
export function faultRates(db: Database, query: FaultRateQuery): FaultRate[] {
  const { since, cluster } = query;
  const own = cluster === undefined ? '' : 'AND cluster = ?';
  const named = cluster === undefined ? [] : [cluster];
  const last = db.get<{ at: number | null }>('SELECT max(at) AS at FROM receptions')?.at ?? since;
  const stretchMs = longEnough(query.stretchMs, last - since);
  const apart = cluster === undefined ? busiest(db, since, query.clusters ?? maxClusters) : [cluster];
  return db.all<FaultRate>(
    `SELECT iif(cluster IN (SELECT value FROM json_each(?)), cluster, '') AS cluster, at - at % ? AS "from", source,
       sum(count) AS count
     FROM receptions INDEXED BY receptions_at WHERE at >= ? ${own} GROUP BY 1, 2, 3 ORDER BY 2, 1, 3`,
    JSON.stringify(apart),
    stretchMs,
    since,
    ...named,
  );
}

/** The length of a stretch, or that multiple of it by which there are not too many. */
function longEnough(stretchMs: number, spanMs: number): number {
  const asked = Math.max(1000, Math.trunc(stretchMs) || 1000);
  return asked * Math.max(1, Math.ceil(spanMs / asked / maxStretches));
}

/** The clusters that received most since then. */
function busiest(db: Database, since: number, count: number): string[] {
  const limit = Math.min(Math.max(0, Math.trunc(count)), maxClusters);
  const sql = `SELECT cluster FROM receptions INDEXED BY receptions_at WHERE at >= ?
    GROUP BY cluster ORDER BY sum(count) DESC, cluster LIMIT ?`;
  return db.all<{ cluster: string }>(sql, since, limit).map(({ cluster }) => cluster);
}
