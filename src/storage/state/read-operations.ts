import type { StateStore } from '../../domain/state-store.ts';
import type { Database } from './database.ts';
import type { ReadName } from './protocol.ts';
import {
  counters,
  listFaults,
  listIncidents,
  nextDeliveryDue,
  nextRunDue,
  readIncident,
  standing,
  toldDark,
  unsettled,
  why,
} from './reading.ts';

type ReadOperation<K extends ReadName> = (
  db: Database,
  ...args: Parameters<StateStore[K]>
) => Awaited<ReturnType<StateStore[K]>>;

/** The methods of the state store that only read. */
export const readOperations: { readonly [K in ReadName]: ReadOperation<K> } = {
  unsettled,
  standing,
  nextRunDue,
  nextDeliveryDue,
  toldDark,
  incidents: listIncidents,
  incident: readIncident,
  faults: listFaults,
  why,
  counters,
};
