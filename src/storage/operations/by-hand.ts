import type { Incident, Run } from '../../domain/records.ts';
import type { ManualRequest } from '../../domain/state-store.ts';
import { incidentById } from '../rows/incidents.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { journal } from './accept.ts';
import { requestRun } from './runs.ts';
import { settleOne } from './settle.ts';

/**
 * A person asks about an object: its incident is found or opened, and investigated now. Neither the severity threshold
 * nor a triage that is off stands in the way of a person.
 * @throws Error when the cluster has more open faults than the limit.
 */
export function triageByHand(tx: Transaction, request: ManualRequest, at: number): { incident: Incident; run: Run } {
  const { signal, owner, node, cluster } = request;
  const reception = journal(tx, { cluster: signal.cluster, source: signal.source, at, signal, invalid: null });
  const allowed = { ...cluster, severityThreshold: 'info', triageEnabled: true } as const;
  const settled = settleOne(tx, reception, { owner, node, cluster: allowed }, at);
  if (settled.incidentId === null) throw new Error(`no incident was opened: ${settled.rule ?? settled.outcome}`);
  const run = requestRun(tx, settled.incidentId, 'manual', at);
  const incident = incidentById(tx.db, settled.incidentId);
  if (incident === null) throw new Error(`there is no incident ${settled.incidentId}`);
  return { incident, run };
}
