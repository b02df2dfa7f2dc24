import { isGathering, isLive, objectKey } from '../../domain/incident.ts';
import { type OwnerRef, severities, type Severity } from '../../domain/fault.ts';
import type { StandingCount } from '../../domain/history.ts';
import type { Incident } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { noteSearchable } from './search.ts';

/** Writes an incident, new or changed. */
export function saveIncident(tx: Transaction, incident: Incident): void {
  tx.db.run(
    `INSERT INTO incidents (id, cluster, owner, family, status, live, updated_at, resolved_at, storm, fleet, rank, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, family = excluded.family, status = excluded.status,
       live = excluded.live, updated_at = excluded.updated_at, resolved_at = excluded.resolved_at, storm = excluded.storm, fleet = excluded.fleet,
       rank = excluded.rank, body = excluded.body`,
    incident.id,
    incident.cluster,
    keyOf(incident),
    incident.family,
    incident.status,
    isLive(incident.status) ? 1 : 0,
    incident.updatedAt,
    incident.resolvedAt,
    stormColumn(incident),
    incident.fleet?.id ?? null,
    rankOf(incident),
    JSON.stringify(incident),
  );
  noteSearchable(tx.db, 'incident', incident.id);
  tx.changes.push({ type: 'incident', cluster: incident.cluster, incident });
}

/** By which faults find the incident that they join: the root owner. A storm is found by none. */
function keyOf({ id, owner, storm }: Incident): string {
  return storm === undefined ? objectKey(owner) : `storm//${id}`;
}

/** The higher the worse: severity first, then what nobody has in hand. */
export function rankOf({ severity, acknowledged }: Incident): number {
  return worstRank(severity) - (acknowledged ? 1 : 0);
}

/** The rank of an incident of a severity that nobody has in hand; of one in hand it is one less. */
export function worstRank(severity: Severity): number {
  return severities.indexOf(severity) * 2 + 1;
}

/** What the column `storm` says; null for an incident that is none. */
function stormColumn(incident: Incident): 'gathers' | 'over' | null {
  if (incident.storm === undefined) return null;
  return isGathering(incident) ? 'gathers' : 'over';
}

/** How many have not ended, in the words of an index of their own: no body is read for it. */
export function standingCounts(db: Database, cluster?: string): StandingCount[] {
  const own = cluster === undefined ? '' : 'AND cluster = ?';
  return db.all<StandingCount>(
    `SELECT cluster, json_extract(body, '$.severity') AS severity, count(*) AS count FROM incidents
     WHERE live = 1 ${own} GROUP BY 1, 2`,
    ...(cluster === undefined ? [] : [cluster]),
  );
}

export function incidentById(db: Database, id: string): Incident | null {
  return incidentsWhere(db, 'id = ?', id)[0] ?? null;
}

/** @throws Error when there is no such incident */
export function expectIncident(db: Database, id: string): Incident {
  const incident = incidentById(db, id);
  if (incident === null) throw new Error(`there is no incident ${id}`);
  return incident;
}

/**
 * Incidents of a root owner that have not ended, oldest first. Sorted by `+id`: by `id`, SQLite takes the index that is
 * sorted so already, and reads every incident that the cluster ever had.
 */
export function liveOfOwner(db: Database, cluster: string, owner: OwnerRef): Incident[] {
  return incidentsWhere(db, 'cluster = ? AND owner = ? AND live = 1 ORDER BY +id', cluster, objectKey(owner));
}

/** Resolved incidents of a root owner, the latest first. */
export function resolvedOfOwner(db: Database, cluster: string, owner: OwnerRef): Incident[] {
  return incidentsWhere(
    db,
    `cluster = ? AND owner = ? AND status = 'resolved' ORDER BY resolved_at DESC, id DESC LIMIT 20`,
    cluster,
    objectKey(owner),
  );
}

/** `where` and what follows it, over the columns of the table. */
export function incidentsWhere(db: Database, where: string, ...params: Value[]): Incident[] {
  return db.all(`SELECT body FROM incidents WHERE ${where}`, ...params).map(incidentFromRow);
}

function incidentFromRow(row: Row): Incident {
  return JSON.parse(row['body'] as string) as Incident;
}
