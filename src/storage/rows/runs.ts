import type { RunLimits } from '../../domain/agent-limits.ts';
import { severities } from '../../domain/fault.ts';
import type { Run } from '../../domain/records.ts';
import { ofCluster } from '../../domain/cluster-policy.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Writes a run, new or changed. */
export function saveRun(tx: Transaction, run: Run): void {
  tx.db.run(
    `INSERT INTO runs (id, incident_id, cluster, status, severity, created_at, not_before, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, severity = excluded.severity,
       not_before = excluded.not_before, body = excluded.body`,
    run.id,
    run.incidentId,
    run.cluster,
    run.status,
    severities.indexOf(run.severity),
    run.createdAt,
    run.notBefore,
    JSON.stringify(run),
  );
  tx.changes.push({ type: 'run', cluster: run.cluster, run });
}

/** Remembers that a cluster had its turn. */
export function noteServed(db: Database, cluster: string): void {
  db.run(
    `INSERT INTO served (cluster, turn) VALUES (?, (SELECT coalesce(max(turn), 0) + 1 FROM served))
     ON CONFLICT (cluster) DO UPDATE SET turn = excluded.turn`,
    cluster,
  );
}

/** The run of an incident that waits or runs: there is at most one. */
export function liveRun(db: Database, incidentId: string): Run | null {
  return runsWhere(db, `incident_id = ? AND status IN ('queued', 'running')`, incidentId)[0] ?? null;
}

/** @throws Error when there is no such run */
export function expectRun(db: Database, id: string): Run {
  const [run] = runsWhere(db, 'id = ?', id);
  if (run === undefined) throw new Error(`there is no run ${id}`);
  return run;
}

/** Queued runs that start before this one: higher severity, or the same and older; of one cluster alone when it is given. */
export function queuedAhead(db: Database, run: Run, cluster: string | null = null): number {
  const severity = severities.indexOf(run.severity);
  const row = db.get<{ n: number }>(
    `SELECT count(*) AS n FROM runs
     WHERE status = 'queued' AND (severity > ? OR (severity = ? AND (created_at, id) < (?, ?)))
       AND cluster = coalesce(?, cluster)`,
    severity,
    severity,
    run.createdAt,
    run.id,
    cluster,
  );
  return row?.n ?? 0;
}

/** How many rounds of other runs come before a queued one: what runs or is ahead of it, for each slot there is. */
export function roundsAhead(db: Database, run: Run, limits: RunLimits): number {
  const running = runningByCluster(db);
  const all = running.reduce((sum, { n }) => sum + n, 0) + queuedAhead(db, run);
  const own = (running.find(({ cluster }) => cluster === run.cluster)?.n ?? 0) + queuedAhead(db, run, run.cluster);
  const slots = ofCluster(limits.perCluster, run.cluster) ?? limits.defaultPerCluster;
  return Math.max(Math.floor(all / Math.max(1, limits.maxConcurrent)), Math.floor(own / Math.max(1, slots)));
}

/** How many runs of each cluster go on. */
export function runningByCluster(db: Database): { cluster: string; n: number }[] {
  return db.all(`SELECT cluster, count(*) AS n FROM runs WHERE status = 'running' GROUP BY cluster`);
}

/** How long the latest runs of a cluster took that have ended, ms, newest first; at most `count`. */
export function latestDurations(db: Database, cluster: string, count: number): number[] {
  const where = `cluster = ? AND status IN ('succeeded', 'failed') ORDER BY created_at DESC LIMIT ?`;
  return runsWhere(db, where, cluster, count).flatMap(({ startedAt, endedAt }) =>
    startedAt === null || endedAt === null ? [] : [Math.max(0, endedAt - startedAt)],
  );
}

/** `where` and what follows it, over the columns of the table. */
export function runsWhere(db: Database, where: string, ...params: Value[]): Run[] {
  return db.all(`SELECT body FROM runs WHERE ${where}`, ...params).map(runFromRow);
}

function runFromRow(row: Row): Run {
  return JSON.parse(row['body'] as string) as Run;
}
