import type { Database } from '../sqlite/database.ts';

/** What the store keeps of a cluster itself. */
export interface ClusterRow {
  readonly firstSweepAt: number | null;
  /** Whether a sweep could read everything since then. */
  readonly seenWhole: boolean;
  /** Faults that were taken up quietly since `quietAt`. */
  readonly quietFaults: number;
  /** The sweep that found the first of them, null when there was none. */
  readonly quietAt: number | null;
  /** Whether the message about them was made. */
  readonly told: boolean;
  readonly openFaults: number;
}

export function clusterRow(db: Database, name: string): ClusterRow {
  const row = db.get<Record<string, number | null>>('SELECT * FROM clusters WHERE name = ?', name);
  return {
    firstSweepAt: row?.['first_sweep_at'] ?? null,
    seenWhole: row?.['seen_whole'] === 1,
    quietFaults: row?.['quiet_faults'] ?? 0,
    quietAt: row?.['quiet_at'] ?? null,
    told: row?.['told'] === 1,
    openFaults: row?.['open_faults'] ?? 0,
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

/**
 * Remembers a sweep: the first one, whether it could read everything, and how many faults it took up quietly, which wait
 * to be told together with those that wait already.
 */
export function noteSweep(db: Database, name: string, at: number, whole: boolean, quietFaults: number): void {
  db.run(
    `INSERT INTO clusters (name, first_sweep_at, seen_whole, quiet_faults, quiet_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET
       first_sweep_at = coalesce(first_sweep_at, excluded.first_sweep_at),
       seen_whole = max(seen_whole, excluded.seen_whole),
       quiet_faults = iif(told = 1, 0, quiet_faults) + excluded.quiet_faults,
       quiet_at = iif(told = 1, excluded.quiet_at, coalesce(quiet_at, excluded.quiet_at)),
       told = iif(excluded.quiet_faults > 0, 0, told)`,
    name,
    at,
    whole ? 1 : 0,
    quietFaults,
    quietFaults > 0 ? at : null,
  );
}

/** The server's own name for a cluster; empty when none is known. */
export function serverClusterOf(db: Database, name: string): string {
  return (
    db.get<{ server_cluster: string }>('SELECT server_cluster FROM clusters WHERE name = ?', name)?.server_cluster ?? ''
  );
}

export function noteServerCluster(db: Database, name: string, serverCluster: string): void {
  db.run(
    `INSERT INTO clusters (name, server_cluster) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET server_cluster = excluded.server_cluster
     WHERE server_cluster <> excluded.server_cluster`,
    name,
    serverCluster,
  );
}

/** Forgets what was seen of clusters that are not in the list (a JSON array): one that is added again is new. */
export function forgetOthers(db: Database, names: string): void {
  db.run(
    `UPDATE clusters SET first_sweep_at = NULL, seen_whole = 0, quiet_faults = 0, quiet_at = NULL, told = 0, server_cluster = ''
     WHERE name NOT IN (SELECT value FROM json_each(?))`,
    names,
  );
}

export function setNotified(db: Database, name: string): void {
  db.run('UPDATE clusters SET told = 1 WHERE name = ?', name);
}
