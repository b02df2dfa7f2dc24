import type { Outcome } from '../../domain/fault.ts';
import type { Database } from '../sqlite/database.ts';

/** Counts receptions that were accepted at a time, ms since the epoch. */
export function countReceived(db: Database, cluster: string, source: string, count: number, at: number): void {
  db.run(
    `INSERT INTO received (cluster, source, count, last_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (cluster, source) DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at`,
    cluster,
    source,
    count,
    at,
  );
}

/** Counts outcomes that can no longer change. */
export function countOutcome(db: Database, cluster: string, outcome: Outcome, count: number): void {
  db.run(
    `INSERT INTO outcomes (cluster, outcome, count) VALUES (?, ?, ?)
     ON CONFLICT (cluster, outcome) DO UPDATE SET count = count + excluded.count`,
    cluster,
    outcome,
    count,
  );
}
