import type { PrunedIncident } from '../../../domain/state-store.ts';
import type { Transaction } from '../transaction.ts';

const batch = 500;

/**
 * Deletes incidents that ended before `olderThan` with their faults, runs and messages, then cleared faults and
 * receptions of that age that belong to none. At most 500 incidents and some thousand rows a call: a delete must not
 * hold up what waits to be written.
 */
export function prune(tx: Transaction, olderThan: number): PrunedIncident[] {
  const { db } = tx;
  const gone = db.all<{ id: string; cluster: string }>(
    `SELECT id, cluster FROM incidents WHERE live = 0 AND resolved_at < ?
         AND NOT EXISTS (SELECT 1 FROM runs WHERE incident_id = incidents.id AND status IN ('queued', 'running'))
         AND NOT EXISTS (SELECT 1 FROM episodes WHERE incident_id = incidents.id AND cleared_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE about = incidents.id AND status IN ('pending', 'sending'))
       ORDER BY resolved_at LIMIT ${batch}`,
    olderThan,
  );
  for (const { id } of gone) removeIncident(tx, id);
  db.run(
    `DELETE FROM episodes WHERE id IN (SELECT id FROM episodes
       WHERE cleared_at < ? AND incident_id IS NULL ORDER BY cleared_at LIMIT ${batch * 10})`,
    olderThan,
  );
  db.run(
    `DELETE FROM receptions WHERE seq IN (SELECT seq FROM receptions
       WHERE at < ? AND final = 1 AND (incident_id IS NULL OR outcome = 'repeated') ORDER BY at LIMIT ${batch * 10})`,
    olderThan,
  );
  db.run(
    `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries
       WHERE kind <> 'incident' AND created_at < ? AND status IN ('sent', 'dead') LIMIT ${batch})`,
    olderThan,
  );
  return gone.map(({ id, cluster }) => ({ id, cluster }));
}

function removeIncident({ db }: Transaction, id: string): void {
  db.run('DELETE FROM receptions WHERE episode_id IN (SELECT id FROM episodes WHERE incident_id = ?)', id);
  db.run('DELETE FROM episodes WHERE incident_id = ?', id);
  db.run('DELETE FROM runs WHERE incident_id = ?', id);
  db.run('DELETE FROM deliveries WHERE about = ?', id);
  db.run('DELETE FROM posts WHERE about = ?', id);
  db.run('DELETE FROM incidents WHERE id = ?', id);
}
