import { z } from 'zod';
import { type AgentBreaker, breakerStates, type DailySpend } from '../agent-limits.ts';
import type { Problem } from '../../lib/problem.ts';
import { type ClusterStatus, connectionStates, type ConnectionStatus, deliverySources } from '../cluster-status.ts';
import type { ConnectionSpan } from '../cluster-status.ts';
import type { PermissionSnapshot } from '../permissions.ts';
import type { Counters } from '../history.ts';
import type { IncidentStatus } from '../records.ts';
import { iso, isoOrNull } from './times.ts';

/* `GET /health/clusters` and the events of connections. Times are ISO 8601 UTC, `retry_in` is seconds. */

const time = z.iso.datetime();
const unknownOrNo = z.boolean().nullable();

const permissionsSchema = z.object({
  cluster_name: z.string(),
  validated_at: z.string(),
  can_get_pods: unknownOrNo,
  can_get_logs: unknownOrNo,
  can_get_events: unknownOrNo,
  can_get_deployments: unknownOrNo,
  can_get_services: unknownOrNo,
  can_get_nodes: unknownOrNo,
  secrets_access_allowed: z.boolean(),
  can_get_secrets: unknownOrNo,
  can_get_configmaps: unknownOrNo,
  minimum_met: unknownOrNo,
  can_write: z.array(z.string()).readonly(),
  warnings: z.array(z.string()).readonly(),
  error: z.string().nullable(),
}) satisfies z.ZodType<PermissionSnapshot>;

const problemSchema = z.object({ code: z.string(), message: z.string(), fix: z.string() }) satisfies z.ZodType<Problem>;

/** A problem that stands, and since when. */
const standingSchema = problemSchema.extend({ severity: z.enum(['error', 'warning']), since: time });

/** One as the daemon keeps it: `cluster` null for one that belongs to none; `since` in ms since the epoch. */
export interface StandingProblem extends Problem {
  readonly cluster: string | null;
  readonly severity: 'error' | 'warning';
  readonly since: number;
}

const connectionFields = {
  source: z.enum(deliverySources),
  since: time,
  last_event: time.nullable(),
  event_count: z.int(),
  last_sweep: time.nullable(),
  reconnects: z.int(),
  error: problemSchema.nullable(),
  retry_in: z.int().nullable(),
};

/** Of each status of an incident that has not ended, under which name it is counted. */
const countedAs = {
  // The status `open` lasts for moments; what people call open is all that has not ended.
  open: 'gathering',
  queued: 'queued',
  investigating: 'investigating',
  reported: 'reported',
  failed: 'failed',
} as const satisfies Record<Exclude<IncidentStatus, 'resolved' | 'skipped'>, string>;

const none = { open: 0, gathering: 0, queued: 0, investigating: 0, reported: 0, failed: 0 } as const;

/** A connection as the event stream shows it. */
export const connectionSchema = z.object({
  cluster: z.string(),
  status: z.enum(connectionStates),
  ...connectionFields,
});
export type ConnectionJson = z.infer<typeof connectionSchema>;

const clusterSchema = z.object({
  name: z.string(),
  environment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  status: z.enum(connectionStates),
  ...connectionFields,
  triage_enabled: z.boolean(),
  triage_disabled_reason: z.string().nullable(),
  permissions: permissionsSchema.nullable(),
  problems: z.array(standingSchema),
  /** `open`: all that have not ended, a reported one until its faults have cleared. The others are its parts, by status. */
  incidents: z.object({
    open: z.int(),
    gathering: z.int(),
    queued: z.int(),
    investigating: z.int(),
    reported: z.int(),
    failed: z.int(),
  } satisfies Record<keyof typeof none, z.ZodInt>),
  /** What agents spent in this cluster since the day (UTC) began. */
  spent_today: z.object({ runs: z.int(), tokens: z.int(), usd: z.number() }),
});
type ClusterJson = z.infer<typeof clusterSchema>;

/** The circuit breaker of an agent that has failed. */
const agentSchema = z.object({
  name: z.string(),
  breaker: z.enum(breakerStates),
  failures: z.int(),
  fell_back: z.int(),
  since: time.nullable(),
  retry_at: time.nullable(),
  reason: z.string(),
});

/** `GET /health/clusters`; `problems` are those that belong to no cluster. */
export const clustersSchema = z.object({
  summary: z.object({ total: z.int(), active: z.int(), unhealthy: z.int(), triage_enabled: z.int() }),
  clusters: z.array(clusterSchema),
  agents: z.array(agentSchema),
  problems: z.array(standingSchema),
  /** By what Slack tells of clicks, and whether it can now (by HTTP: null); null where it is not configured. */
  slack: z
    .object({ way: z.enum(['socket', 'http']), connected: z.boolean().nullable() })
    .nullable()
    .optional(),
});
export type ClustersJson = z.infer<typeof clustersSchema>;

interface FleetCounters extends Pick<Counters, 'incidents' | 'breakers'> {
  /** What agents spent since the day began. */
  readonly today: readonly DailySpend[];
}

/** `now` in ms since the epoch. */
export function clustersJson(
  statuses: readonly ClusterStatus[],
  { incidents, breakers, today }: FleetCounters,
  problems: readonly StandingProblem[],
  now: number,
): ClustersJson {
  const active = statuses.filter((status) => status.state === 'active').length;
  const counts = incidentCounts(incidents);
  const spent = Map.groupBy(today, ({ cluster }) => cluster);
  const standing = Map.groupBy(problems, ({ cluster }) => cluster);
  return {
    summary: {
      total: statuses.length,
      active,
      unhealthy: statuses.length - active,
      triage_enabled: statuses.filter((status) => status.triageEnabled).length,
    },
    clusters: statuses.map((status) => {
      const { cluster } = status;
      const own = { incidents: counts.get(cluster), spent: spent.get(cluster), problems: standing.get(cluster) };
      return clusterJson(status, own, now);
    }),
    agents: breakers.map(agentJson),
    problems: (standing.get(null) ?? []).map(standingJson),
  };
}

function agentJson(breaker: AgentBreaker): z.infer<typeof agentSchema> {
  return {
    name: breaker.agent,
    breaker: breaker.state,
    failures: breaker.failures,
    fell_back: breaker.fellBack,
    since: isoOrNull(breaker.openedAt),
    retry_at: isoOrNull(breaker.retryAt),
    reason: breaker.reason,
  };
}

interface OfCluster {
  readonly incidents: ClusterJson['incidents'] | undefined;
  readonly spent: readonly DailySpend[] | undefined;
  readonly problems: readonly StandingProblem[] | undefined;
}

function clusterJson(
  status: ClusterStatus,
  { incidents, spent = [], problems = [] }: OfCluster,
  now: number,
): ClusterJson {
  const { cluster: name, status: state, ...connection } = connectionJson(status, now);
  return {
    name,
    environment: status.environment,
    labels: status.labels,
    status: state,
    ...connection,
    triage_enabled: status.triageEnabled,
    triage_disabled_reason: status.triageDisabledReason,
    permissions: status.permissions,
    problems: problems.map(standingJson),
    incidents: incidents ?? none,
    spent_today: {
      runs: spent.reduce((sum, { runs }) => sum + runs, 0),
      tokens: spent.reduce((sum, { tokens }) => sum + tokens.input + tokens.output, 0),
      usd: spent.reduce((sum, { usd }) => sum + usd, 0),
    },
  };
}

/** `now` in ms since the epoch. */
export function connectionJson(status: ConnectionStatus, now: number): ConnectionJson {
  return {
    cluster: status.cluster,
    status: status.state,
    source: status.source,
    since: iso(status.since),
    last_event: isoOrNull(status.lastEvent),
    event_count: status.eventCount,
    last_sweep: isoOrNull(status.lastSweep),
    reconnects: status.reconnects,
    error: status.error === null ? null : problemJson(status.error),
    retry_in: status.retryAt === null ? null : Math.max(0, Math.ceil((status.retryAt - now) / 1000)),
  };
}

/** When a cluster was heard or not, for the API. */
export function connectionSpanJson({ from, until, state, source, error }: ConnectionSpan): object {
  const end = isoOrNull(until);
  return { from: iso(from), until: end, state, source, error };
}

function standingJson({ severity, since, ...problem }: StandingProblem): z.infer<typeof standingSchema> {
  return { ...problemJson(problem), severity, since: iso(since) };
}

/** Only these three: a problem may be a class with more. */
function problemJson({ code, message, fix }: Problem): Problem {
  return { code, message, fix };
}

function incidentCounts(rows: Counters['incidents']): Map<string, ClusterJson['incidents']> {
  const counts = new Map<string, ClusterJson['incidents']>();
  for (const { cluster, status, count } of rows) {
    const entry = counts.get(cluster) ?? { ...none };
    counts.set(cluster, entry);
    if (status === 'resolved' || status === 'skipped') continue;
    entry.open += count;
    entry[countedAs[status]] += count;
  }
  return counts;
}
