import type { EndedIncident, Pruned } from '../../domain/incident.ts';
import { notifiedUnreachable } from './queries.ts';
import { deliveriesWhere } from '../rows/deliveries.ts';
import { noteSearchable } from '../rows/search.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

const batch = 500;
const rows = 5000;

/** Of an incident: it has ended, and nothing of it is under way. */
const over = `live = 0 AND resolved_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM runs WHERE incident_id = incidents.id AND status IN ('queued', 'running'))
  AND NOT EXISTS (SELECT 1 FROM episodes WHERE incident_id = incidents.id AND cleared_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM deliveries WHERE about = incidents.id AND status IN ('pending', 'held', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM questions WHERE incident_id = incidents.id AND ended = 0)`;

/** Those of these incidents that have ended, with their reports stored; at most so many as were asked for. */
export function endedIncidents(db: Database, ids: readonly string[]): EndedIncident[] {
  return db.all<EndedIncident>(
    `SELECT id, cluster, resolved_at AS endedAt FROM incidents WHERE id IN (SELECT value FROM json_each(?)) AND ${over}
       AND NOT EXISTS (SELECT 1 FROM uploads WHERE incident_id = incidents.id)`,
    JSON.stringify(ids),
  );
}

/**
 * Deletes incidents that ended before `olderThan` with their faults, runs and messages, then cleared faults and
 * receptions of that age that belong to none and explain nothing that still stands, silences, and what agents spent. At most 500 incidents and some thousand
 * rows a call: a delete must not hold up what waits to be written.
 */
export function prune(tx: Transaction, olderThan: number): Pruned {
  const { db } = tx;
  const incidents = db.all<{ id: string; cluster: string }>(
    `SELECT id, cluster FROM incidents WHERE ${over} AND resolved_at < ? ORDER BY resolved_at LIMIT ${batch}`,
    olderThan,
  );
  for (const { id } of incidents) removeIncident(tx, id);
  const episodes = db.all<{ id: number }>(
    `DELETE FROM episodes WHERE id IN (SELECT id FROM episodes
       WHERE cleared_at < ? AND incident_id IS NULL ORDER BY cleared_at LIMIT ${rows}) RETURNING id`,
    olderThan,
  );
  for (const { id } of episodes) noteSearchable(db, 'fault', id);
  const receptions = db.run(
    `DELETE FROM receptions WHERE seq IN (SELECT seq FROM receptions
       WHERE at < ? AND final = 1 AND (outcome = 'repeated' OR (incident_id IS NULL AND NOT EXISTS
         (SELECT 1 FROM episodes WHERE id = receptions.episode_id AND cleared_at IS NULL)))
       ORDER BY at LIMIT ${rows})`,
    olderThan,
  );
  // What counts for the budget of a day stays, however short the rest is kept.
  const spend = db.run(
    `DELETE FROM spend WHERE rowid IN (SELECT rowid FROM spend
       WHERE at < min(?, (SELECT max(at) FROM spend) - ${2 * 86_400_000}) AND ended_at IS NOT NULL LIMIT ${rows})`,
    olderThan,
  );
  const silences = db.run(
    `DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at < ? ORDER BY ends_at LIMIT ${rows})`,
    olderThan,
  );
  removeNotices(tx, olderThan);
  const more =
    incidents.length === batch ||
    episodes.length === rows ||
    [receptions, spend, silences].some(({ changes }) => changes === rows);
  return { incidents: incidents.map(({ id, cluster }) => ({ id, cluster })), more };
}

/** Of a post: nothing in the outbox is about it. */
const untold = 'NOT EXISTS (SELECT 1 FROM deliveries WHERE about = posts.about)';

/** Not those about a cluster that is unreachable still: they say that people know. */
function removeNotices({ db }: Transaction, olderThan: number): void {
  const unreachable = new Set(notifiedUnreachable(db).map(({ cluster }) => cluster));
  const where = `kind <> 'incident' AND created_at < ? AND status IN ('sent', 'dead', 'superseded') LIMIT ${batch}`;
  for (const { id, notice } of deliveriesWhere(db, where, olderThan)) {
    if (notice?.clusters.some((cluster) => unreachable.has(cluster))) continue;
    db.run('DELETE FROM deliveries WHERE id = ?', id);
    if (notice !== null) db.run(`DELETE FROM posts WHERE about = ? AND ${untold}`, notice.key);
  }
}

function removeIncident({ db }: Transaction, id: string): void {
  db.run('DELETE FROM receptions WHERE episode_id IN (SELECT id FROM episodes WHERE incident_id = ?)', id);
  const episodes = db.all<{ id: number }>('DELETE FROM episodes WHERE incident_id = ? RETURNING id', id);
  for (const episode of episodes) noteSearchable(db, 'fault', episode.id);
  db.run('DELETE FROM runs WHERE incident_id = ?', id);
  db.run('DELETE FROM uploads WHERE incident_id = ?', id);
  db.run('DELETE FROM deliveries WHERE about = ?', id);
  db.run('DELETE FROM posts WHERE about = ?', id);
  db.run('DELETE FROM storm_members WHERE storm_id = ?', id);
  db.run('DELETE FROM sightings WHERE incident_id = ?', id);
  db.run('DELETE FROM fleets WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE fleet = fleets.id AND id <> ?)', id);
  db.run('DELETE FROM feedback WHERE incident_id = ?', id);
  db.run('DELETE FROM questions WHERE incident_id = ?', id);
  db.run('DELETE FROM asked WHERE incident_id = ?', id);
  db.run('DELETE FROM acts WHERE incident_id = ?', id);
  db.run('DELETE FROM incidents WHERE id = ?', id);
  noteSearchable(db, 'incident', id);
}
