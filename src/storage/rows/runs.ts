import { severities } from '../../domain/fault.ts';
import type { Run } from '../../domain/records.ts';
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

/** Queued runs that start before this one: higher severity, or the same and older. */
export function queuedAhead(db: Database, run: Run): number {
  const severity = severities.indexOf(run.severity);
  const row = db.get<{ n: number }>(
    `SELECT count(*) AS n FROM runs
     WHERE status = 'queued' AND (severity > ? OR (severity = ? AND (created_at, id) < (?, ?)))`,
    severity,
    severity,
    run.createdAt,
    run.id,
  );
  return row?.n ?? 0;
}

/** `where` and what follows it, over the columns of the table. */
export function runsWhere(db: Database, where: string, ...params: Value[]): Run[] {
  return db.all(`SELECT body FROM runs WHERE ${where}`, ...params).map(runFromRow);
}

function runFromRow(row: Row): Run {
  return JSON.parse(row['body'] as string) as Run;
}
