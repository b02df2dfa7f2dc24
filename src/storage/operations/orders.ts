import { isDeepStrictEqual } from 'node:util';
import { carryOut, endByOrder } from '../../domain/decide/investigation.ts';
import { maxActComment } from '../../domain/people/incident-act.ts';
import { clearEpisode } from '../../domain/episode.ts';
import type { IncidentOrder, OrderAnswer } from '../../domain/incident.ts';
import type { Incident, Run } from '../../domain/records.ts';
import type { ManualRequest, StorePolicy } from '../../domain/state-store.ts';
import { createRedactor } from '../../lib/redact/redact.ts';
import { oneLine } from '../../lib/text.ts';
import { apply, decisionContext } from '../rows/apply.ts';
import { forgetOthers } from '../rows/clusters.ts';
import { episodesWhere } from '../rows/episodes.ts';
import { expectIncident, incidentById, incidentsWhere } from '../rows/incidents.ts';
import { actsOf } from '../rows/people.ts';
import { receptionsWhere } from '../rows/receptions.ts';
import { liveRun } from '../rows/runs.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { journal } from './accept.ts';
import { closeOtherTargets } from './deliveries.ts';
import { requestRun } from './runs.ts';
import { settleOne } from './settle.ts';

/* What a person or the configuration orders. */

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
  return { incident: expectIncident(tx.db, settled.incidentId), run };
}

/** A person says that it is over. Null when there is no such incident; one that has ended stays as it is. */
export function resolveIncident(tx: Transaction, id: string, reason: string, at: number): Incident | null {
  const incident = incidentById(tx.db, id);
  return incident === null ? null : end(tx, incident, reason, at);
}

/** What a person orders: acknowledged, resolved, run again. What they say is kept, without the secrets in it. */
export function orderIncident(tx: Transaction, id: string, asked: IncidentOrder, at: number): OrderAnswer {
  const before = incidentById(tx.db, id);
  if (before === null) return { kind: 'unknown' };
  // Cut afterwards: of half a secret nothing is known any more.
  const comment = oneLine(tx.redact.text(asked.comment.slice(0, 4 * maxActComment)), maxActComment);
  const order = { ...asked, comment };
  const facts = { incident: before, live: liveRun(tx.db, id), acts: actsOf(tx.db, id) };
  const carried = carryOut(order, facts, decisionContext(tx, at));
  if (carried === null) return { kind: 'ended', incident: before };
  apply(tx, carried.draft.writes, at);
  return { kind: 'done', incident: carried.draft.incident, run: carried.run };
}

/**
 * Closes what belongs to clusters that are no longer configured: incidents, active faults (nobody will see them clear)
 * and receptions that wait. Returns how many incidents were closed.
 */
export function closeRemovedClusters(tx: Transaction, configured: readonly string[], at: number): number {
  const names = JSON.stringify(configured);
  const gone = 'cluster NOT IN (SELECT value FROM json_each(?))';
  for (const waiting of receptionsWhere(tx.db, `outcome IS NULL AND ${gone}`, names)) {
    const reception = { ...waiting, outcome: 'triage_disabled', rule: 'cluster_removed', final: true } as const;
    apply(tx, [{ type: 'outcome', reception, episode: null }], at);
  }
  for (const before of episodesWhere(tx.db, `cleared_at IS NULL AND ${gone}`, names)) {
    apply(tx, [{ type: 'episode', before, episode: clearEpisode(before, at) }], at);
  }
  const incidents = incidentsWhere(tx.db, `live = 1 AND ${gone}`, names);
  for (const incident of incidents) end(tx, incident, 'cluster_removed', at);
  forgetOthers(tx.db, names);
  return incidents.length;
}

/** Decides by these bounds from the next request on: a new configuration. @throws SyntaxError on a pattern that is none */
export function setPolicy(tx: Transaction, policy: StorePolicy): void {
  // What the old one has learned by its names is kept as long as it can be.
  if (!isDeepStrictEqual(policy.redact, tx.policy.redact)) tx.redact = createRedactor(policy.redact);
  tx.policy = policy;
  closeOtherTargets(tx);
}

function end(tx: Transaction, before: Incident, reason: string, at: number): Incident {
  const { incident, writes } = endByOrder(before, liveRun(tx.db, before.id), reason, at);
  apply(tx, writes, at);
  return incident;
}
