import { clearEpisode } from '../../domain/episode.ts';
import { endIncident, isLive } from '../../domain/incident.ts';
import type { Incident } from '../../domain/records.ts';
import { cancelRun } from '../../domain/run.ts';
import { forgetOthers } from '../rows/clusters.ts';
import { countOutcome } from '../rows/counters.ts';
import { episodesWhere, updateEpisode } from '../rows/episodes.ts';
import { incidentById, incidentsWhere, saveIncident } from '../rows/incidents.ts';
import { receptionsWhere, setFate } from '../rows/receptions.ts';
import { liveRun, saveRun } from '../rows/runs.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { announce } from './announce.ts';
import { makeFinal } from './finality.ts';

/** A person says that it is over. Null when there is no such incident; one that has ended stays as it is. */
export function resolveIncident(tx: Transaction, id: string, reason: string, at: number): Incident | null {
  const incident = incidentById(tx.db, id);
  return incident === null ? null : endByOrder(tx, incident, reason, at);
}

/**
 * Closes what belongs to clusters that are no longer configured: incidents, standing faults (nobody will see them clear)
 * and receptions that wait. Returns how many incidents were closed.
 */
export function closeRemovedClusters(tx: Transaction, configured: readonly string[], at: number): number {
  const names = JSON.stringify(configured);
  const gone = 'cluster NOT IN (SELECT value FROM json_each(?))';
  for (const reception of receptionsWhere(tx.db, `outcome IS NULL AND ${gone}`, names)) {
    const fate = { outcome: 'triage_disabled', rule: 'cluster_removed', final: true } as const;
    const settled = setFate(tx.db, reception, { ...fate, episodeId: null, incidentId: null });
    countOutcome(tx.db, reception.cluster, 'triage_disabled', reception.count);
    tx.changes.push({ type: 'fault', cluster: reception.cluster, fault: { reception: settled, episode: null } });
  }
  for (const episode of episodesWhere(tx.db, `cleared_at IS NULL AND ${gone}`, names)) {
    updateEpisode(tx.db, episode, clearEpisode(episode, at));
  }
  const incidents = incidentsWhere(tx.db, `live = 1 AND ${gone}`, names);
  for (const incident of incidents) endByOrder(tx, incident, 'cluster_removed', at);
  forgetOthers(tx.db, names);
  return incidents.length;
}

function endByOrder(tx: Transaction, incident: Incident, reason: string, at: number): Incident {
  if (!isLive(incident.status)) return incident;
  const run = liveRun(tx.db, incident.id);
  if (run?.status === 'queued') saveRun(tx, cancelRun(run, at));
  makeFinal(tx, incident.id);
  const resolved = saveIncident(tx, endIncident(incident, 'resolved', reason, at));
  announce(tx, resolved, at);
  return resolved;
}
