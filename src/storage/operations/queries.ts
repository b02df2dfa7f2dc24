import type { AgentBreaker } from '../../domain/agent-limits.ts';
import type { ObjectRef } from '../../domain/fault.ts';
import { confirmMs, longestPendingMs } from '../../domain/decide/pending.ts';
import { type GroupViews, objectKey } from '../../domain/incident.ts';
import type { Counters } from '../../domain/history.ts';
import type { DeliveryTarget, FaultEpisode, Incident, Reception } from '../../domain/records.ts';
import type {
  FaultQuery,
  IncidentDetail,
  IncidentQuery,
  ListedFault,
  Page,
  NotifiedUnreachable,
} from '../../domain/state-store.ts';
import type { Database, Value } from '../sqlite/database.ts';
import { breakersWhere } from '../rows/agents.ts';
import { deliverable, deliveriesWhere } from '../rows/deliveries.ts';
import { episodeById, episodesWhere } from '../rows/episodes.ts';
import { incidentById, incidentsWhere, standingCounts } from '../rows/incidents.ts';
import { actsOf } from '../rows/people.ts';
import { runsWhere } from '../rows/runs.ts';
import { fleetView } from '../rows/fleets.ts';
import { receptionsWhere } from '../rows/receptions.ts';
import { stormView } from '../rows/storms.ts';

const maxPage = 1000;

export function listIncidents(db: Database, query: IncidentQuery): Page<IncidentDetail> {
  const { where, params } = conditions({ cluster: query.cluster, status: query.status }, 'id', query.before);
  const limit = pageSize(query.limit);
  const rows = incidentsWhere(db, `${where} ORDER BY id DESC LIMIT ${limit + 1}`, ...params);
  const items = rows.slice(0, limit);
  return {
    items: items.map((incident) => detailOf(db, incident)),
    next: rows.length > limit ? (items.at(-1)?.id ?? null) : null,
  };
}

export function readIncident(db: Database, id: string): IncidentDetail | null {
  const incident = incidentById(db, id);
  return incident === null ? null : detailOf(db, incident);
}

/** Faults and runs of an incident that are shown; a node can take in hundreds. */
const maxRows = 500;

/** An incident with its faults, the first ones first, its runs, and what people did with it. */
export function detailOf(db: Database, incident: Incident): IncidentDetail {
  return {
    incident,
    faults: episodesWhere(db, `incident_id = ? ORDER BY id LIMIT ${maxRows}`, incident.id),
    runs: runsWhere(db, `incident_id = ? ORDER BY created_at, id LIMIT ${maxRows}`, incident.id),
    acts: actsOf(db, incident.id),
    ...groupViews(db, incident),
  };
}

/** What is read beside an incident that is a storm, or that belongs to a fleet incident. */
function groupViews(db: Database, incident: Incident): GroupViews {
  const fleet = incident.fleet === undefined ? null : fleetView(db, incident);
  return { ...(incident.storm !== undefined && { storm: stormView(db, incident) }), ...(fleet !== null && { fleet }) };
}

export function listFaults(db: Database, query: FaultQuery): Page<ListedFault> {
  const before = query.before === undefined ? undefined : Number(query.before) || 0;
  const { where, params } = conditions({ cluster: query.cluster, outcome: query.outcome }, 'seq', before);
  const limit = pageSize(query.limit);
  const rows = receptionsWhere(db, `${where} ORDER BY seq DESC LIMIT ${limit + 1}`, ...params);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map((reception) => listed(db, reception)),
    next: rows.length > limit && last ? String(last.seq) : null,
  };
}

/** Receptions about an object, about what it owns at the root, or about the pods of a node; newest first, at most 1,000. */
export function why(db: Database, cluster: string, ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): ListedFault[] {
  const key = objectKey(ref);
  const node = ref.kind.toLowerCase() === 'node' ? ref.name : null;
  const rows = receptionsWhere(
    db,
    `seq IN (
       SELECT seq FROM receptions WHERE cluster = ? AND object = ?
       UNION SELECT receptions.seq FROM episodes JOIN receptions ON receptions.episode_id = episodes.id
         WHERE episodes.cluster = ? AND (episodes.owner = ? OR episodes.node = ?)
     ) ORDER BY seq DESC LIMIT ${maxPage}`,
    cluster,
    key,
    cluster,
    key,
    node,
  );
  return rows.map((reception) => listed(db, reception));
}

export function unsettled(
  db: Database,
  limit: number,
  except: readonly string[] = [],
  at: number = Number.MAX_SAFE_INTEGER,
): Reception[] {
  return receptionsWhere(
    db,
    `outcome IS NULL AND NOT due_at BETWEEN ? AND ? AND cluster NOT IN (SELECT value FROM json_each(?))
     ORDER BY due_at, seq LIMIT ?`,
    at + 1,
    latestDue(at),
    JSON.stringify(except),
    limit,
  );
}

export function nextUnsettled(db: Database, at: number): number | null {
  const sql = 'SELECT min(due_at) AS due FROM receptions WHERE outcome IS NULL AND due_at > ?';
  return db.get<{ due: number | null }>(sql, at)?.due ?? null;
}

/** Nothing is due later: what would be waits since before the clock was set back, and is due now. */
function latestDue(at: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, at + longestPendingMs + 2 * confirmMs);
}

export function activeFaults(db: Database, cluster: string): FaultEpisode[] {
  return episodesWhere(db, 'cluster = ? AND cleared_at IS NULL ORDER BY id', cluster);
}

export function nextRunDue(db: Database, after: number = -1): number | null {
  const sql = `SELECT min(not_before) AS due FROM runs WHERE status = 'queued' AND not_before > ?`;
  return db.get<{ due: number | null }>(sql, after)?.due ?? null;
}

export function nextDeliveryDue(db: Database, target: DeliveryTarget): number | null {
  const sql = `SELECT min(not_before) AS due FROM deliveries WHERE ${deliverable}`;
  return db.get<{ due: number | null }>(sql, target)?.due ?? null;
}

/** Notices that count for who is unreachable now; older ones were answered long ago. */
const recentNotices = 1000;

export function notifiedUnreachable(db: Database): NotifiedUnreachable[] {
  const kinds = `kind IN ('clusters_unreachable', 'clusters_back')`;
  const newest = deliveriesWhere(db, `${kinds} ORDER BY created_at DESC, id DESC LIMIT ${recentNotices}`);
  const unreachable = new Map<string, NotifiedUnreachable>();
  for (const { kind, notice } of newest.reverse()) {
    if (notice === null) continue;
    for (const cluster of notice.clusters) {
      if (kind === 'clusters_unreachable')
        unreachable.set(cluster, { cluster, since: notice.since ?? 0, key: notice.key });
      else unreachable.delete(cluster);
    }
  }
  return [...unreachable.values()];
}

export function counters(db: Database): Counters {
  const queued = db.get<{ n: number; oldest: number | null }>(
    `SELECT count(*) AS n, min(created_at) AS oldest FROM runs WHERE status = 'queued'`,
  );
  return {
    received: db.all('SELECT cluster, source, count, last_at AS lastAt FROM received ORDER BY cluster, source'),
    outcomes: db.all('SELECT cluster, outcome, count FROM outcomes ORDER BY cluster, outcome'),
    incidents: db.all('SELECT cluster, status, count(*) AS count FROM incidents GROUP BY status, cluster'),
    liveIncidents: standingCounts(db),
    openFaults: db.all('SELECT name AS cluster, open_faults AS count FROM clusters ORDER BY name'),
    storms: db.all(
      `SELECT cluster, json_extract(body, '$.storm.members') AS members FROM incidents
       WHERE storm = 'gathers' AND live = 1 ORDER BY cluster`,
    ),
    queuedRuns: queued?.n ?? 0,
    oldestQueuedAt: queued?.oldest ?? null,
    runningRuns: db.get<{ n: number }>(`SELECT count(*) AS n FROM runs WHERE status = 'running'`)?.n ?? 0,
    // In the words of its index: bodies are not read for it.
    outbox: db.all(
      `SELECT target, count(*) AS count, min(created_at) AS oldestAt FROM deliveries
       WHERE status IN ('pending', 'sending') GROUP BY target`,
    ),
    breakers: agentBreakers(db),
  };
}

export function agentBreakers(db: Database): AgentBreaker[] {
  return breakersWhere(db, '1');
}

/** A reception with the episode that it belongs to. */
export function listed(db: Database, reception: Reception): ListedFault {
  return { reception, episode: reception.episodeId === null ? null : episodeById(db, reception.episodeId) };
}

/** Rows of a page, for what was asked. */
export function pageSize(limit: number): number {
  return Math.min(Math.max(1, Math.trunc(limit) || 1), maxPage);
}

/** `column = ?` for what is set, joined; `before` is exclusive. */
function conditions(
  equal: Record<string, string | undefined>,
  key: 'id' | 'seq',
  before: Value | undefined,
): { where: string; params: Value[] } {
  const parts: string[] = [];
  const params: Value[] = [];
  for (const [column, value] of Object.entries(equal)) {
    if (value === undefined) continue;
    parts.push(`${column} = ?`);
    params.push(value);
  }
  if (before !== undefined) {
    parts.push(`${key} < ?`);
    params.push(before);
  }
  return { where: parts.length === 0 ? '1' : parts.join(' AND '), params };
}
