import type { StandingIncident, StandingQuery } from '../../domain/history.ts';
import type { Incident } from '../../domain/records.ts';
import type { Page } from '../../domain/state-store.ts';
import { mutedUntil } from '../operations/silences.ts';
import { pageSize } from '../operations/queries.ts';
import { episodesWhere } from '../rows/episodes.ts';
import { incidentsWhere, rankOf, worstRank } from '../rows/incidents.ts';
import type { Database, Value } from '../sqlite/database.ts';

/** Of an incident so many faults are asked since when they stand, the first ones: a node can take in hundreds. */
const maxFirst = 50;
/** Of an incident so many faults are held against the silences. */
const maxMatched = 500;

/** Incidents that have not ended, the worst first: severity, then what nobody has in hand, then the newest. */
export function standing(db: Database, query: StandingQuery): Page<StandingIncident> {
  const { where, params } = conditions(query);
  const limit = pageSize(query.limit);
  const rows = incidentsWhere(db, `${where} ORDER BY rank DESC, id DESC LIMIT ${limit + 1}`, ...params);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map((incident) => standingOf(db, incident, query.at)),
    next: rows.length > limit && last !== undefined ? `${rankOf(last)}_${last.id}` : null,
  };
}

/** Each is a range of an index that is sorted so: no row is read that is not shown. */
function conditions({ cluster, severity, after }: StandingQuery): { where: string; params: Value[] } {
  const parts = ['live = 1'];
  const params: Value[] = [];
  if (cluster !== undefined) {
    parts.push('cluster = ?');
    params.push(cluster);
  }
  if (severity !== undefined) {
    parts.push('rank BETWEEN ? AND ?');
    params.push(worstRank(severity) - 1, worstRank(severity));
  }
  const [, rank, id] = /^(\d)_(.+)$/.exec(after ?? '') ?? [];
  if (rank !== undefined && id !== undefined) {
    parts.push('(rank, id) < (?, ?)');
    params.push(Number(rank), id);
  }
  return { where: parts.join(' AND '), params };
}

function standingOf(db: Database, incident: Incident, at: number): StandingIncident {
  const { id } = incident;
  const counted = 'SELECT count(*) AS n FROM episodes WHERE incident_id = ? AND cleared_at IS NULL';
  const first = episodesWhere(db, `incident_id = ? ORDER BY id LIMIT ${maxFirst}`, id);
  const begun = first.map(({ firstSeen, since }) => Math.min(firstSeen, since ?? firstSeen));
  return {
    incident,
    faults: db.get<{ n: number }>(counted, id)?.n ?? 0,
    since: begun.length === 0 ? incident.openedAt : Math.min(...begun),
    mutedUntil: mutedUntil(db, incident, at, maxMatched),
  };
}
