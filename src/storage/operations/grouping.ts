import {
  addFault,
  endIncident,
  openIncident,
  reopenIncident,
  startIncident,
  transition,
} from '../../domain/incident.ts';
import { compareSeverity, type FaultSignal } from '../../domain/fault.ts';
import { familyOf } from '../../domain/family.ts';
import type { FaultEpisode, Incident } from '../../domain/records.ts';
import { cancelRun, isUnstarted, queueRun, withSeverity } from '../../domain/run.ts';
import { isNodeFault } from '../../domain/settle.ts';
import type { SettleInput } from '../../domain/state-store.ts';
import { newId } from '../../lib/ids.ts';
import { countOutcome } from '../rows/counters.ts';
import { episodesWhere, standingOfIncident, updateEpisode } from '../rows/episodes.ts';
import { incidentById, saveIncident } from '../rows/incidents.ts';
import { receptionsWhere, setFate } from '../rows/receptions.ts';
import { liveRun, runsWhere, saveRun } from '../rows/runs.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { announce } from './announce.ts';

/** Opens an incident with its run, which waits for `group_wait`, and its first message. */
export function newIncident(
  tx: Transaction,
  signal: FaultSignal,
  input: Omit<SettleInput, 'seq'>,
  options: { quiet: boolean; previousId: string | null; firstSeen: number; at: number },
): Incident {
  const { at, firstSeen } = options;
  const fault = { ...signal, family: signal.family ?? familyOf(signal.faultType), owner: input.owner, firstSeen };
  const incident = openIncident({ id: newId('inc', at), fault, cluster: input.cluster, ...options });
  saveIncident(tx, incident);
  saveRun(tx, queueRun(newId('run', at), incident, 'fault', at, at + tx.policy.groupWaitMs));
  announce(tx, incident, at);
  return incident;
}

/** Takes a resolved incident up again, with a new run, or with the one that still works on it or waits to. */
export function reopen(tx: Transaction, incident: Incident, signal: FaultSignal, quiet: boolean, at: number): Incident {
  const severity = compareSeverity(signal.severity, incident.severity) > 0 ? signal.severity : incident.severity;
  const reopened = { ...reopenIncident(incident, quiet, at), severity };
  const run = liveRun(tx.db, incident.id);
  const open = saveIncident(tx, run?.status === 'running' ? startIncident(reopened, at) : reopened);
  if (run === null) saveRun(tx, queueRun(newId('run', at), open, 'reopened', at, at + tx.policy.groupWaitMs));
  announce(tx, open, at);
  return open;
}

/**
 * What a fault changes in the incident that it joins. Returns whether the outcome is final: the incident's run has
 * started, so it cannot become `self_resolved` any more.
 */
export function joinIncident(
  tx: Transaction,
  incident: Incident,
  episode: FaultEpisode,
  change: { quiet: boolean; takesFamily: boolean; at: number },
): boolean {
  const after = applyFault(tx, incident, episode, change);
  if (isNodeFault(episode) && after.family === 'node') absorb(tx, after, episode.resource.name, change.at);
  if (change.takesFamily) askAgain(tx, after, change.at);
  const run = liveRun(tx.db, incident.id);
  return run === null || !isUnstarted(run);
}

const askAgainAfterMs = 3_600_000;

/** The report did not know the real cause: one more run, at most once an hour. */
function askAgain(tx: Transaction, incident: Incident, at: number): void {
  if (incident.status !== 'reported' && incident.status !== 'failed') return;
  const recent = runsWhere(tx.db, 'incident_id = ? AND created_at > ?', incident.id, at - askAgainAfterMs);
  if (recent.some((run) => run.trigger === 'new_evidence')) return;
  const queued = saveIncident(tx, transition(incident, 'queued', at));
  saveRun(tx, queueRun(newId('run', at), queued, 'new_evidence', at, at + tx.policy.groupWaitMs));
}

/** A repeat can only raise the severity. */
export function raise(tx: Transaction, incident: Incident, episode: FaultEpisode, at: number): void {
  applyFault(tx, incident, episode, { quiet: true, takesFamily: false, at });
}

function applyFault(
  tx: Transaction,
  incident: Incident,
  episode: FaultEpisode,
  change: { quiet: boolean; takesFamily: boolean; at: number },
): Incident {
  const after = addFault(incident, episode, change);
  if (after === incident) return incident;
  saveIncident(tx, after);
  const run = liveRun(tx.db, after.id);
  if (run?.status === 'queued' && run.severity !== after.severity) saveRun(tx, withSeverity(run, after.severity));
  if (incident.quiet && !after.quiet) announce(tx, after, change.at);
  return after;
}

/** A node's fault takes in the incidents of its pods on which nothing ran yet. */
function absorb(tx: Transaction, into: Incident, node: string, at: number): void {
  const where = 'cluster = ? AND node = ? AND cleared_at IS NULL AND incident_id IS NOT NULL AND incident_id <> ?';
  const onNode = episodesWhere(tx.db, where, into.cluster, node, into.id);
  for (const id of new Set(onNode.map((episode) => episode.incidentId))) {
    const incident = id === null ? null : incidentById(tx.db, id);
    if (incident === null || (incident.status !== 'open' && incident.status !== 'queued')) continue;
    const run = liveRun(tx.db, incident.id);
    const elsewhere = standingOfIncident(tx.db, incident.id).some((episode) => episode.node !== node);
    if (run === null || !isUnstarted(run) || elsewhere) continue;
    saveRun(tx, cancelRun(run, at));
    moveFaults(tx, incident, into, `on node ${node}`);
    const skipped = saveIncident(tx, endIncident(incident, 'skipped', `absorbed_by ${into.id}`, at));
    announce(tx, skipped, at);
    applyFault(
      tx,
      incidentById(tx.db, into.id) ?? into,
      { ...firstOf(onNode, incident) },
      {
        quiet: incident.quiet,
        takesFamily: false,
        at,
      },
    );
  }
}

function firstOf(episodes: readonly FaultEpisode[], incident: Incident): FaultEpisode {
  const episode = episodes.find((candidate) => candidate.incidentId === incident.id);
  if (!episode) throw new Error(`incident ${incident.id} has no fault on the node`);
  return { ...episode, severity: incident.severity };
}

function moveFaults(tx: Transaction, from: Incident, into: Incident, rule: string): void {
  for (const episode of episodesWhere(tx.db, 'incident_id = ?', from.id)) {
    updateEpisode(tx.db, episode, { ...episode, incidentId: into.id, outcome: 'merged', rule });
    tx.db.run('UPDATE receptions SET incident_id = ? WHERE episode_id = ? AND final = 1', into.id, episode.id);
  }
  const where = 'incident_id = ? AND outcome IS NOT NULL AND final = 0';
  for (const reception of receptionsWhere(tx.db, where, from.id)) {
    setFate(tx.db, reception, {
      outcome: 'merged',
      rule,
      final: true,
      episodeId: reception.episodeId,
      incidentId: into.id,
    });
    countOutcome(tx.db, reception.cluster, 'merged', reception.count);
  }
}
