import type { FaultEpisode, Incident, Reception } from '../../domain/records.ts';
import type { IncidentDetail, ListedFault } from '../../domain/state-store.ts';
import type { Database } from './database.ts';
import { episodeById, episodesWhere } from './rows/episodes.ts';
import { runsWhere } from './rows/runs.ts';

/** Faults and runs of an incident that are shown; a node can take in hundreds. */
const maxRows = 500;

/** An incident with its faults, the first ones first, and its runs. */
export function detailOf(db: Database, incident: Incident): IncidentDetail {
  return {
    incident,
    faults: episodesWhere(db, `incident_id = ? ORDER BY id LIMIT ${maxRows}`, incident.id),
    runs: runsWhere(db, `incident_id = ? ORDER BY created_at, id LIMIT ${maxRows}`, incident.id),
  };
}

/** A reception with the episode that it belongs to. */
export function listedFault(db: Database, reception: Reception): ListedFault {
  const episode: FaultEpisode | null = reception.episodeId === null ? null : episodeById(db, reception.episodeId);
  return { reception, episode };
}
