import type { Found } from '../../domain/history.ts';
import type { FaultEpisode, Incident } from '../../domain/records.ts';
import type { Database } from '../sqlite/database.ts';

/*
 * What can be searched. Who writes or deletes a row only notes that (`search_due`): to index its words in the same
 * transaction would make a fault a third dearer, because each savepoint writes a piece of the index of its own. They are
 * indexed when nothing else is asked, and until then found in what is noted.
 */

export type SearchKind = Found['kind'];

/** A row of which the words are to be found. */
export interface Searchable extends Omit<Found, 'excerpt'> {
  readonly fields: readonly string[];
}

/** Notes that the words of an incident or an episode are new, others, or gone. */
export function noteSearchable(db: Database, kind: SearchKind, ref: string | number): void {
  db.run('INSERT INTO search_due (kind, ref) VALUES (?, ?) ON CONFLICT DO NOTHING', kind, ref);
}

/** What is noted, incidents first, the newest first. */
export function searchDue(db: Database, kind: SearchKind, limit: number): (string | number)[] {
  const sql = 'SELECT ref FROM search_due WHERE kind = ? ORDER BY ref DESC LIMIT ?';
  return db.all<{ ref: string | number }>(sql, kind, limit).map(({ ref }) => ref);
}

/** What is to be found of a row now; null when it is gone. */
export function searchable(db: Database, kind: SearchKind, ref: string | number): Searchable | null {
  const table = kind === 'incident' ? 'incidents' : 'episodes';
  const row = db.get(`SELECT body FROM ${table} WHERE id = ?`, ref);
  if (row === null) return null;
  const body: unknown = JSON.parse(row['body'] as string);
  return kind === 'incident' ? ofIncident(body as Incident) : ofFault(body as FaultEpisode);
}

function ofIncident(incident: Incident): Searchable {
  const { id, cluster, environment, owner, labels, title, cause, statusReason } = incident;
  const fields = [
    title,
    cause,
    cluster,
    environment,
    `${owner.kind}/${owner.namespace ?? ''}/${owner.name}`,
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
    id,
    statusReason,
  ];
  return { kind: 'incident', cluster, incidentId: id, title, fields: filled(fields), at: incident.openedAt };
}

function ofFault(episode: FaultEpisode): Searchable {
  const { cluster, faultType, resource, context, container, node, incidentId, firstSeen } = episode;
  const name = resource.namespace === null ? resource.name : `${resource.namespace}/${resource.name}`;
  const title = `${faultType} · ${name} (${resource.kind})`;
  return {
    kind: 'fault',
    cluster,
    incidentId,
    title,
    fields: filled([title, context, container, node, cluster]),
    at: firstSeen,
  };
}

function filled(fields: readonly (string | null)[]): string[] {
  return fields.flatMap((field) => (field === null || field === '' ? [] : [field]));
}

/** All words of a row as they are compared: without regard to case, a field a line. */
export function searchText({ fields }: Searchable): string {
  return fields
    .map((field) => field.replaceAll('\n', ' '))
    .join('\n')
    .toLowerCase();
}
