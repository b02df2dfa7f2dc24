import type { FaultSignal } from '../../domain/fault.ts';
import { yieldsFamily } from '../../domain/incident.ts';
import type { Incident, Reception } from '../../domain/records.ts';
import { isNodeFault, type SettleFacts } from '../../domain/settle.ts';
import type { SettleInput } from '../../domain/state-store.ts';
import { clusterRow } from '../rows/clusters.ts';
import { standingEpisode, standingOfIncident } from '../rows/episodes.ts';
import { incidentById, incidentsWhere, liveOfOwner, resolvedOfOwner } from '../rows/incidents.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** What the decision about a reception depends on, as it is in this transaction. */
export function gatherFacts(
  tx: Transaction,
  signal: FaultSignal,
  reception: Reception,
  input: Omit<SettleInput, 'seq'>,
  at: number,
): SettleFacts {
  const { cluster } = reception;
  const standing = standingEpisode(tx.db, cluster, signal.faultId);
  const incidentId = standing?.incidentId ?? null;
  const onNode = signal.resource.kind === 'Pod' ? input.node : null;
  return {
    signal,
    at: Math.max(at, reception.at),
    cluster: input.cluster,
    standing,
    standingIncident: incidentId === null ? null : incidentById(tx.db, incidentId),
    openFaults: clusterRow(tx.db, cluster).openFaults,
    ownerIncidents: () => liveOfOwner(tx.db, cluster, input.owner),
    yieldsFamily: (incident) => yieldsFamily(standingOfIncident(tx.db, incident.id)),
    nodeIncident: () => (onNode === null ? null : nodeIncident(tx, cluster, onNode)),
    resolved: () => resolvedOfOwner(tx.db, cluster, input.owner),
  };
}

function nodeIncident(tx: Transaction, cluster: string, node: string): Incident | null {
  const where = `cluster = ? AND owner = ? AND family = 'node' AND live = 1`;
  const incident = incidentsWhere(tx.db, where, cluster, `node//${node}`)[0];
  return incident && standingOfIncident(tx.db, incident.id).some(isNodeFault) ? incident : null;
}
