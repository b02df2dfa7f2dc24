import type { StateReader } from '../../domain/state-store.ts';
import type { Database } from './database.ts';
import { inSnapshot } from './in-snapshot.ts';
import { openForReading } from './open-database.ts';
import { counters, listFaults, listIncidents, readIncident, why } from './reading.ts';

/**
 * Reads the state file in this thread, for commands that run beside a daemon or without one.
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened, NC-STORE-006 absent
 */
export async function openStateReader(file: string): Promise<StateReader> {
  const db = openForReading(file);
  const from = <T>(read: (db: Database) => T): T => inSnapshot(db, read);
  return {
    incidents: async (query) => from(() => listIncidents(db, query)),
    incident: async (id) => from(() => readIncident(db, id)),
    faults: async (query) => from(() => listFaults(db, query)),
    why: async (cluster, ref) => from(() => why(db, cluster, ref)),
    counters: async () => from(counters),
    close: async () => db.close(),
  };
}
