import type { Database } from '../database.ts';

/** What the store keeps of a cluster itself. */
export interface ClusterRow {
  readonly firstSweepAt: number | null;
  /** Faults that the first sweep found standing for long. */
  readonly quietFaults: number;
  /** Whether the message of the first contact was made. */
  readonly told: boolean;
  readonly openFaults: number;
}

export function clusterRow(db: Database, name: string): ClusterRow {
  const row = db.get<Record<'first_sweep_at' | 'quiet_faults' | 'told' | 'open_faults', number | null>>(
    'SELECT first_sweep_at, quiet_faults, told, open_faults FROM clusters WHERE name = ?',
    name,
  );
  return {
    firstSweepAt: row?.first_sweep_at ?? null,
    quietFaults: row?.quiet_faults ?? 0,
    told: row?.told === 1,
    openFaults: row?.open_faults ?? 0,
  };
}

export function changeOpenFaults(db: Database, name: string, by: number): void {
  db.run(
    `INSERT INTO clusters (name, open_faults) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET open_faults = open_faults + excluded.open_faults`,
    name,
    by,
  );
}

/** Remembers the first sweep of a cluster and how many faults it took up quietly. */
export function setFirstSweep(db: Database, name: string, at: number, quietFaults: number): void {
  db.run(
    `INSERT INTO clusters (name, first_sweep_at, quiet_faults, told) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET
       first_sweep_at = excluded.first_sweep_at, quiet_faults = excluded.quiet_faults, told = excluded.told`,
    name,
    at,
    quietFaults,
    quietFaults === 0 ? 1 : 0,
  );
}

export function setTold(db: Database, name: string): void {
  db.run('UPDATE clusters SET told = 1 WHERE name = ?', name);
}
