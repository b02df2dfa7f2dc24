import type { StateReader } from '../../domain/state-store.ts';
import { openForReading } from './open-database.ts';
import { counters, listFaults, listIncidents, readIncident, why } from './reading.ts';

/**
 * Reads the state file in this thread, for commands that run beside a daemon or without one.
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened, NC-STORE-006 absent
 */
export async function openStateReader(file: string): Promise<StateReader> {
  const db = openForReading(file);
  return {
    incidents: async (query) => listIncidents(db, query),
    incident: async (id) => readIncident(db, id),
    faults: async (query) => listFaults(db, query),
    why: async (cluster, ref) => why(db, cluster, ref),
    counters: async () => counters(db),
    close: async () => db.close(),
  };
}
