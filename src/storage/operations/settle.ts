import { isNodeFault, settleRank } from '../../domain/decide/outcome.ts';
import type { Absorbable } from '../../domain/decide/gather.ts';
import { settle as decide, type SettleFacts } from '../../domain/decide/settle.ts';
import { type StormFacts, stormLimits } from '../../domain/storm/limits.ts';
import type { FaultSignal, OwnerRef } from '../../domain/fault.ts';
import { yieldsFamily } from '../../domain/incident.ts';
import type { FaultEpisode, Incident, Reception } from '../../domain/records.ts';
import type { Settled, SettleInput, StorePolicy } from '../../domain/state-store.ts';
import { signsOf } from '../../domain/storm/signs.ts';
import { formatDuration } from '../../lib/format.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { apply, decisionContext } from '../rows/apply.ts';
import { clusterRow, setNotified } from '../rows/clusters.ts';
import { episodesWhere, nextEpisodeId, activeEpisode, activeOfIncident } from '../rows/episodes.ts';
import { incidentById, incidentsWhere, liveOfOwner, resolvedOfOwner } from '../rows/incidents.ts';
import { receptionsWhere } from '../rows/receptions.ts';
import { liveRun, runsWhere } from '../rows/runs.ts';
import { countOpenings, endedStorms, gatheringStorm, liveMembers, openedSince } from '../rows/storms.ts';
import { type Database, unavailability } from '../sqlite/database.ts';
import { inSavepoint, type Transaction } from '../sqlite/transaction.ts';
import { addNotice } from './deliveries.ts';
import { noteFault } from './fleets.ts';
import { endStorms } from './storms.ts';
import { silenceOf } from './silences.ts';

/** Gives each reception its outcome. One that has it already keeps it. */
export function settle(tx: Transaction, inputs: readonly SettleInput[], at: number): Settled[] {
  const waiting = inputs
    .flatMap((input) => receptionsWhere(tx.db, 'seq = ?', input.seq).map((reception) => ({ input, reception })))
    .sort((a, b) => settleRank(a.reception.signal) - settleRank(b.reception.signal) || a.input.seq - b.input.seq);
  for (const cluster of new Set(waiting.map(({ reception }) => reception.cluster))) endStorms(tx, at, cluster);
  const settled = waiting.map(({ input, reception }) => settleOrRefuse(tx, reception, input, at));
  for (const cluster of new Set(settled.map((reception) => reception.cluster))) tellFirstContact(tx, cluster, at);
  return settled.flatMap(({ seq, outcome, rule, incidentId }) =>
    outcome === null ? [] : [{ seq, outcome, rule, incidentId }],
  );
}

/** One that cannot be settled must not hold up those behind it for ever: it is listed with the reason. */
function settleOrRefuse(tx: Transaction, waiting: Reception, input: SettleInput, at: number): Reception {
  try {
    return inSavepoint(tx, () => settleOne(tx, waiting, input, at));
  } catch (error) {
    if (unavailability(error) !== null || !tx.db.inTransaction) throw error;
    const rule = `cannot be settled: ${oneLine(errorText(error), 200)}`;
    const reception = { ...waiting, outcome: 'invalid', rule, final: true } as const;
    apply(tx, [{ type: 'outcome', reception, episode: null }], at);
    return reception;
  }
}

/** Gives one reception its outcome, with everything that follows from it. */
export function settleOne(tx: Transaction, waiting: Reception, input: Omit<SettleInput, 'seq'>, at: number): Reception {
  const { signal } = waiting;
  if (waiting.outcome !== null || signal === null) return waiting;
  const { reception, writes } = decide(settleFacts(tx, { ...waiting, signal }, input, at), decisionContext(tx, at));
  apply(tx, writes, at);
  noteFault(tx, reception, at);
  return reception;
}

/** What the decision about a reception depends on, as it is in this transaction; it is read before anything is written. */
function settleFacts(
  { db, policy: bounds }: Transaction,
  reception: Reception & { readonly signal: FaultSignal },
  { owner, node, zone, cluster: policy }: Omit<SettleInput, 'seq'>,
  at: number,
): SettleFacts {
  const { cluster, signal, quiet } = reception;
  const active = activeEpisode(db, cluster, signal.faultId);
  const incidentId = active?.incidentId ?? null;
  const onNode = signal.resource.kind === 'Pod' ? node : null;
  const now = Math.max(at, reception.at);
  return {
    ...stormFacts(db, bounds, signal, { node, zone: zone ?? null, owner, quiet, at: now }),
    reception,
    owner,
    node,
    cluster: policy,
    active,
    activeIncident: incidentId === null ? null : incidentById(db, incidentId),
    openFaults: clusterRow(db, cluster).openFaults,
    ownerIncidents: () => liveOfOwner(db, cluster, owner),
    yieldsFamily: (incident) => yieldsFamily(activeOfIncident(db, incident.id)),
    nodeIncident: () => (onNode === null ? null : nodeIncident(db, cluster, onNode)),
    resolved: () => resolvedOfOwner(db, cluster, owner),
    isOwn: active !== null && active.outcome === null && reception.episodeId === active.id,
    pendingNode: () => (onNode === null ? null : pendingNode(db, cluster, onNode)),
    // A person who asks about an object is answered, silence or not.
    silence: () => (signal.source === 'manual' ? null : silenceOf(db, signal, owner, policy, now)),
    nextEpisodeId: () => nextEpisodeId(db),
    liveRun: (id) => liveRun(db, id),
    runsSince: (id, time) => runsWhere(db, 'incident_id = ? AND created_at > ?', id, time),
    incidentsOnNode: (name, into) => incidentsOnNode(db, name, into),
  };
}

/** What the limits of storms and those that go on depend on. */
function stormFacts(
  db: Database,
  { storm: policy }: StorePolicy,
  signal: FaultSignal,
  {
    node,
    zone,
    owner,
    quiet,
    at,
  }: { node: string | null; zone: string | null; owner: OwnerRef; quiet: boolean; at: number },
): Pick<SettleFacts, keyof StormFacts | 'justOpened'> {
  const { cluster } = signal;
  return {
    signal,
    at,
    quiet,
    signs: signsOf(signal, { node, zone }),
    storm: () => gatheringStorm(db, cluster),
    endedStorms: () => endedStorms(db, cluster),
    nodeIsFaulty: (name) => faultsOfNode(db, cluster, name).length > 0,
    ownerMembers: () => liveMembers(db, cluster, owner),
    openings: (since, limit, of) => countOpenings(db, since, limit, of),
    justOpened: () => {
      const opened = openedSince(db, cluster, at - stormLimits(policy, cluster).windowMs);
      return opened.map((incident) => absorbable(db, incident));
    },
  };
}

function absorbable(db: Database, incident: Incident): Absorbable {
  const episodes = episodesWhere(db, 'incident_id = ? ORDER BY id', incident.id);
  return { incident, run: liveRun(db, incident.id), episodes };
}

function nodeIncident(db: Database, cluster: string, node: string): Incident | null {
  const where = `cluster = ? AND owner = ? AND family = 'node' AND live = 1`;
  const incident = incidentsWhere(db, where, cluster, `node//${node}`)[0];
  return incident && activeOfIncident(db, incident.id).some(isNodeFault) ? incident : null;
}

function pendingNode(db: Database, cluster: string, node: string): FaultEpisode | null {
  return faultsOfNode(db, cluster, node).find(({ outcome }) => outcome === null) ?? null;
}

/** What stands of a node itself. */
function faultsOfNode(db: Database, cluster: string, node: string): FaultEpisode[] {
  const where = 'cluster = ? AND owner = ? AND cleared_at IS NULL';
  return episodesWhere(db, where, cluster, `node//${node}`).filter(isNodeFault);
}

function incidentsOnNode(db: Database, node: string, into: Incident): Absorbable[] {
  const where = 'cluster = ? AND node = ? AND cleared_at IS NULL AND incident_id IS NOT NULL AND incident_id <> ?';
  const ids = new Set(episodesWhere(db, where, into.cluster, node, into.id).map(({ incidentId }) => incidentId));
  return [...ids].flatMap((id) => {
    const incident = id === null ? null : incidentById(db, id);
    return incident === null ? [] : [absorbable(db, incident)];
  });
}

/**
 * When the last fault that was taken up quietly has its outcome: one message for all of them (INT-4). They are found at
 * the first sweep of a cluster, and when something that held long-active faults back is gone.
 */
function tellFirstContact(tx: Transaction, cluster: string, at: number): void {
  const row = clusterRow(tx.db, cluster);
  const { quietAt } = row;
  if (quietAt === null || row.told) return;
  const waiting = 'SELECT 1 FROM receptions WHERE cluster = ? AND outcome IS NULL AND quiet = 1 LIMIT 1';
  if (tx.db.get(waiting, cluster) !== null) return;
  setNotified(tx.db, cluster);
  const quiet = tx.db.get<{ n: number }>(
    `SELECT count(DISTINCT incidents.id) AS n FROM receptions JOIN incidents ON incidents.id = receptions.incident_id
     WHERE receptions.cluster = ? AND receptions.quiet = 1 AND receptions.at >= ?
       AND incidents.status <> 'skipped' AND json_extract(incidents.body, '$.quiet') = 1`,
    cluster,
    quietAt,
  );
  const incidents = quiet?.n ?? 0;
  if (incidents === 0) return;
  const stood = `${plural(row.quietFaults, 'fault')} stood for more than ${formatDuration(tx.policy.quietAfterMs)}`;
  const when = quietAt === row.firstSweepAt ? `when ${cluster} was first looked at` : `before ${cluster} let us look`;
  const notice = { key: `first_contact:${cluster}:${quietAt}`, clusters: [cluster], since: quietAt, until: null };
  addNotice(tx, 'first_contact', { ...notice, incidents, detail: `${stood} ${when}` }, at);
}
