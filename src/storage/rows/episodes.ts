import { objectKey } from '../../domain/incident.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import { changeOpenFaults } from './clusters.ts';
import { noteSearchable } from './search.ts';

/** The id of the next new episode: there is one writer, and ids are never used twice. */
export function nextEpisodeId(db: Database): number {
  return (db.get<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'episodes'`)?.seq ?? 0) + 1;
}

/** Writes an episode as it is now; `before` is how it was, null when it is new. */
export function saveEpisode(db: Database, before: FaultEpisode | null, after: FaultEpisode): void {
  if (after === before) return;
  const { id, ...body } = after;
  db.run(
    `INSERT INTO episodes (id, cluster, fault_id, object, owner, node, cleared_at, last_seen, incident_id, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, node = excluded.node, cleared_at = excluded.cleared_at,
       last_seen = excluded.last_seen, incident_id = excluded.incident_id, body = excluded.body`,
    id,
    after.cluster,
    after.faultId,
    objectKey(after.resource),
    objectKey(after.owner),
    after.node,
    after.clearedAt,
    after.lastSeen,
    after.incidentId,
    JSON.stringify(body),
  );
  if (before === null || saysOther(before, after)) noteSearchable(db, 'fault', id);
  const opened = Number(after.clearedAt === null) - Number(before !== null && before.clearedAt === null);
  if (opened !== 0) changeOpenFaults(db, after.cluster, opened);
}

/** Whether other words are to be found; a repeat with a higher number in its sentence is none. */
function saysOther(before: FaultEpisode, after: FaultEpisode): boolean {
  if (before.context === after.context && before.node === after.node) return false;
  return before.node !== after.node || withoutNumbers(before.context) !== withoutNumbers(after.context);
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, '');
}

export function episodeById(db: Database, id: number): FaultEpisode | null {
  return episodesWhere(db, 'id = ?', id)[0] ?? null;
}

/** The episode of an identity that has not cleared. */
export function activeEpisode(db: Database, cluster: string, faultId: string): FaultEpisode | null {
  return episodesWhere(db, 'cluster = ? AND fault_id = ? AND cleared_at IS NULL', cluster, faultId)[0] ?? null;
}

/** At most `most` of them, the first ones; below 0: all. */
export function activeOfIncident(db: Database, incidentId: string, most: number = -1): FaultEpisode[] {
  return episodesWhere(db, 'incident_id = ? AND cleared_at IS NULL ORDER BY id LIMIT ?', incidentId, most);
}

/** `where` and what follows it, over the columns of the table. */
export function episodesWhere(db: Database, where: string, ...params: Value[]): FaultEpisode[] {
  return db.all(`SELECT id, body FROM episodes WHERE ${where}`, ...params).map(episodeFromRow);
}

function episodeFromRow(row: Row): FaultEpisode {
  return { ...(JSON.parse(row['body'] as string) as Omit<FaultEpisode, 'id'>), id: row['id'] as number };
}
