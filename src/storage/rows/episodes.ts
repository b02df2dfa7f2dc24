import { objectKey } from '../../domain/incident.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import { changeOpenFaults } from './clusters.ts';

/** The id of the next new episode: there is one writer, and ids are never used twice. */
export function nextEpisodeId(db: Database): number {
  return (db.get<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'episodes'`)?.seq ?? 0) + 1;
}

/** Writes a new episode. */
export function insertEpisode(db: Database, episode: FaultEpisode): FaultEpisode {
  const { id, ...body } = episode;
  db.run(
    `INSERT INTO episodes (id, cluster, fault_id, object, owner, node, cleared_at, last_seen, incident_id, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    episode.cluster,
    episode.faultId,
    objectKey(episode.resource),
    objectKey(episode.owner),
    episode.node,
    episode.clearedAt,
    episode.lastSeen,
    episode.incidentId,
    JSON.stringify(body),
  );
  changeOpenFaults(db, episode.cluster, 1);
  return episode;
}

/** Writes an episode as it is now; `before` is how it was. */
export function updateEpisode(db: Database, before: FaultEpisode, after: FaultEpisode): FaultEpisode {
  if (after === before) return after;
  const { id, ...body } = after;
  db.run(
    'UPDATE episodes SET owner = ?, node = ?, cleared_at = ?, last_seen = ?, incident_id = ?, body = ? WHERE id = ?',
    objectKey(after.owner),
    after.node,
    after.clearedAt,
    after.lastSeen,
    after.incidentId,
    JSON.stringify(body),
    id,
  );
  if (before.clearedAt === null && after.clearedAt !== null) changeOpenFaults(db, after.cluster, -1);
  return after;
}

export function episodeById(db: Database, id: number): FaultEpisode | null {
  return episodesWhere(db, 'id = ?', id)[0] ?? null;
}

/** The episode of an identity that has not cleared. */
export function standingEpisode(db: Database, cluster: string, faultId: string): FaultEpisode | null {
  return episodesWhere(db, 'cluster = ? AND fault_id = ? AND cleared_at IS NULL', cluster, faultId)[0] ?? null;
}

export function standingOfIncident(db: Database, incidentId: string): FaultEpisode[] {
  return episodesWhere(db, 'incident_id = ? AND cleared_at IS NULL ORDER BY id', incidentId);
}

/** `where` and what follows it, over the columns of the table. */
export function episodesWhere(db: Database, where: string, ...params: Value[]): FaultEpisode[] {
  return db.all(`SELECT id, body FROM episodes WHERE ${where}`, ...params).map(episodeFromRow);
}

function episodeFromRow(row: Row): FaultEpisode {
  return { ...(JSON.parse(row['body'] as string) as Omit<FaultEpisode, 'id'>), id: row['id'] as number };
}
