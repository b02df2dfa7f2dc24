import type { ClusterStatus, ConnectionStatus } from '../domain/cluster-status.ts';
import type { Counters } from '../domain/state-store.ts';
import type { Problem } from '../lib/problem.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** `GET /health/clusters` (CONTRACT.md section 3); `problems` are those that belong to no cluster. */
export function clustersJson(
  statuses: readonly ClusterStatus[],
  incidents: Counters['incidents'],
  problems: readonly Problem[],
  now: number,
) {
  const active = statuses.filter((status) => status.state === 'active').length;
  const counts = incidentCounts(incidents);
  return {
    summary: {
      total: statuses.length,
      active,
      unhealthy: statuses.length - active,
      triage_enabled: statuses.filter((status) => status.triageEnabled).length,
    },
    clusters: statuses.map((status) => clusterJson(status, counts.get(status.cluster), now)),
    problems: problems.map(problemJson),
  };
}

function clusterJson(status: ClusterStatus, incidents: IncidentCounts | undefined, now: number) {
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
    incidents: incidents ?? { open: 0, queued: 0, investigating: 0 },
  };
}

/** A connection as health and the event stream show it. */
export function connectionJson(status: ConnectionStatus, now: number) {
  return {
    cluster: status.cluster,
    status: status.state,
    source: status.source,
    since: iso(status.since),
    last_event: iso(status.lastEvent),
    event_count: status.eventCount,
    last_sweep: iso(status.lastSweep),
    reconnects: status.reconnects,
    error: status.error === null ? null : problemJson(status.error),
    retry_in: status.retryAt === null ? null : Math.max(0, Math.ceil((status.retryAt - now) / 1000)),
  };
}

/** Only these three: a problem may be a class with more. */
function problemJson({ code, message, fix }: Problem): Problem {
  return { code, message, fix };
}

interface IncidentCounts {
  open: number;
  queued: number;
  investigating: number;
}

function incidentCounts(rows: Counters['incidents']): Map<string, IncidentCounts> {
  const counts = new Map<string, IncidentCounts>();
  for (const { cluster, status, count } of rows) {
    const entry = counts.get(cluster) ?? { open: 0, queued: 0, investigating: 0 };
    counts.set(cluster, entry);
    if (status === 'open' || status === 'queued' || status === 'investigating') entry[status] += count;
  }
  return counts;
}
