import type { ConnectionSpan } from '../../domain/cluster-status.ts';
import type { IncidentHistory } from '../../domain/history.ts';
import type { Incident } from '../../domain/records.ts';
import { unheardSpans } from './connection-spans.ts';
import { incidentSilences } from './incident-silences.ts';
import { listed } from '../operations/queries.ts';
import { deliveriesWhere } from '../rows/deliveries.ts';
import { feedbackWhere } from '../rows/people.ts';
import { incidentById, incidentsWhere, liveOfOwner, resolvedOfOwner } from '../rows/incidents.ts';
import { receptionsWhere } from '../rows/receptions.ts';
import type { Database } from '../sqlite/database.ts';

const maxRows = 500;
const maxRelated = 20;
/** What was opened so long before or after it may have to do with it, ms. */
const nearMs = 30 * 60_000;

export function incidentHistory(db: Database, id: string): IncidentHistory | null {
  const incident = incidentById(db, id);
  if (incident === null) return null;
  // A fault that repeats for weeks has many receptions: they are sorted in the index, and only those that are shown are read.
  const seqs = `SELECT seq FROM receptions
    WHERE episode_id IN (SELECT id FROM episodes WHERE incident_id = ? ORDER BY id LIMIT ${maxRows})
    ORDER BY seq LIMIT ${maxRows}`;
  return {
    deliveries: deliveriesWhere(db, `about = ? ORDER BY created_at, id LIMIT ${maxRows}`, id),
    receptions: receptionsWhere(db, `seq IN (${seqs}) ORDER BY seq`, id).map((reception) => listed(db, reception)),
    feedback: feedbackWhere(db, `incident_id = ? ORDER BY id DESC LIMIT ${maxRows}`, id),
    silences: incidentSilences(db, incident),
    unheard: unheard(db, incident),
    sameObject: sameObject(db, incident),
    around: around(db, incident),
  };
}

/** What was not heard then may be why nothing more is known. */
function unheard(db: Database, { cluster, openedAt, resolvedAt }: Incident): ConnectionSpan[] {
  const to = resolvedAt ?? Number.MAX_SAFE_INTEGER;
  return unheardSpans(db, cluster, { from: openedAt - nearMs, to, limit: maxRelated });
}

/** Others of its root owner that stand or are resolved. What was never investigated has nothing to tell. */
function sameObject(db: Database, { id, cluster, owner }: Incident): Incident[] {
  return [...liveOfOwner(db, cluster, owner), ...resolvedOfOwner(db, cluster, owner)]
    .filter((other) => other.id !== id)
    .sort((a, b) => b.openedAt - a.openedAt)
    .slice(0, maxRelated);
}

/** Ids sort by the time at which an incident was opened. */
function around(db: Database, { id, cluster, openedAt }: Incident): Incident[] {
  const before = incidentsWhere(db, `cluster = ? AND id < ? ORDER BY id DESC LIMIT ${maxRelated}`, cluster, id);
  const after = incidentsWhere(db, `cluster = ? AND id > ? ORDER BY id LIMIT ${maxRelated}`, cluster, id);
  const distance = (other: Incident): number => Math.abs(other.openedAt - openedAt);
  return [...before, ...after]
    .filter((other) => distance(other) <= nearMs)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, maxRelated);
}
