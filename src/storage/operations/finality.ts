import { cancelRun, isUnstarted } from '../../domain/run.ts';
import { endIncident, isLive } from '../../domain/incident.ts';
import type { Outcome } from '../../domain/fault.ts';
import type { FaultEpisode, Incident } from '../../domain/records.ts';
import { countOutcome } from '../rows/counters.ts';
import { standingOfIncident } from '../rows/episodes.ts';
import { incidentById, saveIncident } from '../rows/incidents.ts';
import { receptionsWhere, setFate } from '../rows/receptions.ts';
import { liveRun, saveRun } from '../rows/runs.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { announce } from './announce.ts';

/** Makes the outcomes of an incident's receptions final and counts them: its run has started, or a person ended it. */
export function makeFinal(tx: Transaction, incidentId: string): void {
  const waiting = tx.db.all<{ cluster: string; outcome: Outcome; n: number }>(
    `SELECT cluster, outcome, count(*) AS n FROM receptions
     WHERE incident_id = ? AND outcome IS NOT NULL AND final = 0 GROUP BY cluster, outcome`,
    incidentId,
  );
  if (waiting.length === 0) return;
  for (const { cluster, outcome, n } of waiting) countOutcome(tx.db, cluster, outcome, n);
  tx.db.run('UPDATE receptions SET final = 1 WHERE incident_id = ? AND outcome IS NOT NULL AND final = 0', incidentId);
}

/** What follows from an episode that has just cleared: for its receptions, and for its incident when it was the last. */
export function afterClear(tx: Transaction, episode: FaultEpisode, at: number): void {
  if (episode.incidentId === null) return;
  const incident = incidentById(tx.db, episode.incidentId);
  if (incident === null || !isLive(incident.status)) return;
  const run = liveRun(tx.db, incident.id);
  if (run && isUnstarted(run)) selfResolve(tx, episode, incident.id);
  resolveWhenClear(tx, incident, at);
}

/** Resolves an incident whose faults have all cleared, unless a run still works on it or waits to. */
export function resolveWhenClear(tx: Transaction, incident: Incident, at: number): Incident {
  if (!isLive(incident.status) || standingOfIncident(tx.db, incident.id).length > 0) return incident;
  const run = liveRun(tx.db, incident.id);
  if (run && !isUnstarted(run)) return incident;
  if (run) saveRun(tx, cancelRun(run, at));
  makeFinal(tx, incident.id);
  const resolved = saveIncident(tx, endIncident(incident, 'resolved', run ? 'self_resolved' : 'cleared', at));
  announce(tx, resolved, at);
  return resolved;
}

/** The fault cleared before anything ran: that is the outcome of its receptions. */
function selfResolve(tx: Transaction, episode: FaultEpisode, incidentId: string): void {
  const where = 'incident_id = ? AND outcome IS NOT NULL AND final = 0 AND episode_id = ?';
  for (const reception of receptionsWhere(tx.db, where, incidentId, episode.id)) {
    const fate = { outcome: 'self_resolved', rule: 'cleared before its run started', final: true } as const;
    const settled = setFate(tx.db, reception, { ...fate, episodeId: episode.id, incidentId });
    countOutcome(tx.db, reception.cluster, 'self_resolved', reception.count);
    tx.changes.push({ type: 'fault', cluster: reception.cluster, fault: { reception: settled, episode } });
  }
}
