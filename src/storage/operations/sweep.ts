import { type ClearFacts, clearFault } from '../../domain/decide/investigation.ts';
import { clearAfterFlapping, observeEpisode } from '../../domain/episode.ts';
import type { FaultSignal, FaultSourceName } from '../../domain/fault.ts';
import type { FaultEpisode, Reception } from '../../domain/records.ts';
import { isHeldBack } from '../../domain/decide/outcome.ts';
import { clearPending, isOver } from '../../domain/decide/pending.ts';
import type { Write } from '../../domain/decide/plan.ts';
import type { ClusterPolicy, SweepAccepted, SweepReport } from '../../domain/state-store.ts';
import { apply } from '../rows/apply.ts';
import { type ClusterRow, clusterRow, noteServerCluster, noteSweep } from '../rows/clusters.ts';
import { countReceived } from '../rows/counters.ts';
import { episodeById, activeEpisode, activeOfIncident } from '../rows/episodes.ts';
import { incidentById } from '../rows/incidents.ts';
import { receptionsWhere } from '../rows/receptions.ts';
import { liveRun } from '../rows/runs.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { journal, throttledRow } from './accept.ts';
import { silenceOf } from './silences.ts';

/**
 * What a sweep saw. A finding that no sweep saw before is a reception; one that was active at the sweep before keeps its
 * episode active; what two sweeps see gone is cleared. What is active but was held back (triage was off, the threshold was
 * higher, it was silenced) is received again when nothing holds it back any more. What stood for long before the first
 * contact, or while it was held back and not silenced, is taken up quietly.
 */
export function acceptSweep(tx: Transaction, report: SweepReport, policy: ClusterPolicy | null = null): SweepAccepted {
  const { cluster, at } = report;
  const before = clusterRow(tx.db, cluster);
  const firstContact = before.firstSweepAt === null;
  const findings = new Map(report.findings.map((finding) => [finding.faultId, finding]));
  const cleared = observe(tx, report, findings);
  const fresh = [
    ...[...findings.values()].filter((finding) => isFresh(tx, finding, policy, at)),
    ...releasedPushes(tx, report, findings, policy),
  ];
  // What is active already, from push or held back until now, takes no new place.
  const isKnown = ({ faultId }: FaultSignal): boolean => activeEpisode(tx.db, cluster, faultId) !== null;
  const taken = [...fresh.filter(isKnown), ...fresh.filter((finding) => !isKnown(finding)).slice(0, room(tx, cluster))];
  let quietFaults = 0;
  for (const signal of taken) {
    const quiet = isOld(tx, signal, before, at);
    if (quiet) quietFaults += 1;
    journal(tx, { cluster, source: signal.source, at, signal, invalid: null, quiet });
  }
  refuse(tx, { cluster, source: fresh[0]?.source ?? 'sweep', count: fresh.length - taken.length, at });
  if (report.serverCluster) noteServerCluster(tx.db, cluster, report.serverCluster);
  const whole = report.partial !== true;
  if (firstContact || (whole && !before.seenWhole) || quietFaults > 0) {
    noteSweep(tx.db, cluster, at, whole, quietFaults);
  }
  return { received: fresh.length, cleared, firstContact };
}

/** Episodes after this sweep; how many of them cleared. */
function observe(tx: Transaction, report: SweepReport, findings: ReadonlyMap<string, FaultSignal>): number {
  let cleared = 0;
  for (const { episodeId, observation } of report.observations) {
    const episode = episodeById(tx.db, episodeId);
    if (episode === null || episode.cluster !== report.cluster || findings.has(episode.faultId)) continue;
    const after = observeEpisode(episode, observation, report.at, clearAfterOf(tx, episode));
    saveLook(tx, episode, after, report.at);
    if (episode.clearedAt !== null || after.clearedAt === null) continue;
    cleared += 1;
    followClear(tx, after, report.at);
  }
  return cleared;
}

/** How long it has to be gone. */
function clearAfterOf({ db, policy }: Transaction, { clearSeenAt, incidentId }: FaultEpisode): number {
  const incident = clearSeenAt === null || incidentId === null ? null : incidentById(db, incidentId);
  return clearAfterFlapping(policy.clearAfterMs, incident?.reopened ?? 0, policy.reopenWindowMs);
}

/** Writes what a sweep saw of an episode; a pending one that has stood for its time is told now. */
function saveLook(tx: Transaction, before: FaultEpisode, episode: FaultEpisode, at: number): void {
  const told: Write[] = isOver(episode) ? [{ type: 'due', episodeId: episode.id }] : [];
  apply(tx, [{ type: 'episode', before, episode }, ...told], at);
}

/** Carries out what follows from an episode that has just cleared. */
export function followClear(tx: Transaction, cleared: FaultEpisode, at: number): void {
  if (cleared.outcome === null) apply(tx, clearPending(cleared, waitingOf(tx.db, cleared)), at);
  const facts = clearFacts(tx.db, cleared);
  if (facts !== null) apply(tx, clearFault(facts, at).writes, at);
}

function waitingOf(db: Database, { id }: FaultEpisode): Reception[] {
  return receptionsWhere(db, 'episode_id = ? AND outcome IS NULL', id);
}

/** What follows from an episode that has just cleared depends on this; null when it has no incident. */
function clearFacts(db: Database, episode: FaultEpisode): ClearFacts | null {
  const incident = episode.incidentId === null ? null : incidentById(db, episode.incidentId);
  if (incident === null) return null;
  const where = 'incident_id = ? AND outcome IS NOT NULL AND final = 0 AND episode_id = ?';
  return {
    episode,
    incident,
    run: liveRun(db, incident.id),
    active: activeOfIncident(db, incident.id),
    receptions: receptionsWhere(db, where, incident.id, episode.id),
  };
}

/**
 * Whether it stood for long before anybody looked: before the first contact, as long as no sweep could read everything,
 * or while it was known and held back.
 */
function isOld(tx: Transaction, finding: FaultSignal, cluster: ClusterRow, at: number): boolean {
  const active = activeEpisode(tx.db, finding.cluster, finding.faultId);
  // Who silences a fault says when to be told of it again.
  if (active?.outcome === 'muted') return false;
  if (active !== null) return at - Math.min(active.firstSeen, finding.since ?? at) > tx.policy.quietAfterMs;
  if (cluster.seenWhole || finding.since === null) return false;
  return (cluster.firstSweepAt ?? at) - finding.since > tx.policy.quietAfterMs;
}

/** Whether no sweep before has delivered it, or it is held back no more; what stood before is noted as active. */
function isFresh(tx: Transaction, finding: FaultSignal, policy: ClusterPolicy | null, at: number): boolean {
  const active = activeEpisode(tx.db, finding.cluster, finding.faultId);
  const released = active !== null && isReleased(tx, finding, active, policy, at);
  if (active !== null && active.lastSweepAt !== null && !released) {
    const episode = observeEpisode(active, 'active', at, tx.policy.clearAfterMs);
    saveLook(tx, active, episode, at);
    return false;
  }
  return !isWaiting(tx, finding);
}

/** Whether it was held back, and nothing holds it back now. */
export function isReleased(
  tx: Transaction,
  signal: FaultSignal,
  active: FaultEpisode,
  policy: ClusterPolicy | null,
  at: number,
): boolean {
  if (active.incidentId !== null || active.outcome === null || policy === null) return false;
  return !isHeldBack(signal, policy, () => silenceOf(tx.db, signal, active.owner, policy, at));
}

function isWaiting(tx: Transaction, { cluster, faultId }: Pick<FaultSignal, 'cluster' | 'faultId'>): boolean {
  const sql = `SELECT 1 FROM receptions WHERE cluster = ? AND fault_id = ? AND outcome IS NULL AND source IN ('sweep', 'watch') LIMIT 1`;
  return tx.db.get(sql, cluster, faultId) !== null;
}

/**
 * Faults that only push tells, whose object is not well: no finding brings them back when nothing holds them back any
 * more. Of what the sweep cannot judge the next notification does.
 */
function releasedPushes(
  tx: Transaction,
  { observations, cluster, at }: SweepReport,
  findings: ReadonlyMap<string, FaultSignal>,
  policy: ClusterPolicy | null,
): FaultSignal[] {
  if (policy === null) return [];
  return observations.flatMap(({ episodeId, observation }) => {
    const active = observation === 'active' ? episodeById(tx.db, episodeId) : null;
    if (active === null || active.cluster !== cluster || active.clearedAt !== null) return [];
    if (active.incidentId !== null || findings.has(active.faultId)) return [];
    const signal = signalOf(active, at);
    return isReleased(tx, signal, active, policy, at) && !isWaiting(tx, signal) ? [signal] : [];
  });
}

/** What a sweep would say of an episode that still stands. */
export function signalOf(episode: FaultEpisode, at: number): FaultSignal {
  const { cluster, faultId, faultType, severity, resource, container, context, since, family } = episode;
  return { cluster, source: 'sweep', faultId, faultType, severity, resource, container, context, at, since, family };
}

/** How many more faults of a cluster may be active. */
export function room(tx: Transaction, cluster: string): number {
  const waiting = tx.db.get<{ n: number }>(
    `SELECT count(*) AS n FROM receptions INDEXED BY receptions_waiting_fault
     WHERE cluster = ? AND outcome IS NULL AND NOT EXISTS
       (SELECT 1 FROM episodes WHERE episodes.cluster = receptions.cluster AND episodes.fault_id = receptions.fault_id
        AND cleared_at IS NULL)`,
    cluster,
  );
  return Math.max(0, tx.policy.maxOpenFaultsPerCluster - clusterRow(tx.db, cluster).openFaults - (waiting?.n ?? 0));
}

/** Lists and counts as throttled what is over the limit of active faults. */
export function refuse(
  tx: Transaction,
  { cluster, source, count, at }: { cluster: string; source: FaultSourceName; count: number; at: number },
): void {
  if (count <= 0) return;
  countReceived(tx.db, cluster, source, count, at);
  const rule = `max_open_faults_per_cluster: ${tx.policy.maxOpenFaultsPerCluster}`;
  throttledRow(tx, { cluster, source, rule, count, at });
}
