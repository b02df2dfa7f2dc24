import { z } from 'zod';
import { severities } from '../../domain/fault.ts';
import { isLive } from '../../domain/incident.ts';
import { type Incident, incidentStatuses } from '../../domain/records.ts';
import type { IncidentDetail, IncidentQuery, Page, StateReader } from '../../domain/state-store.ts';
import { incidentDetailJson, incidentSchema } from '../../domain/wire/incident.ts';
import type { Clock } from '../../lib/clock.ts';
import { clusterArgs, type ToolClusters } from '../clusters.ts';
import { listOf, pageArgs, pageOf } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { clusterAsked, requireConfigured } from './asked-cluster.ts';
import { fetchFitting } from './fetch-fitting.ts';
import { seenBy } from './incident-of.ts';

export interface ListIncidentsDeps {
  readonly reader: Pick<StateReader, 'incidents'>;
  readonly clusters: ToolClusters;
  readonly clock: Pick<Clock, 'now'>;
}

const shown = incidentSchema.pick({
  id: true,
  cluster: true,
  environment: true,
  status: true,
  status_reason: true,
  severity: true,
  family: true,
  title: true,
  owner: true,
  opened_at: true,
  reported_at: true,
  resolved_at: true,
  reopened: true,
  cause: true,
  confidence: true,
  report: true,
  acknowledged: true,
});

const itemSchema = shown.extend({
  faults: z.int().describe('How many faults joined it (500 at most are counted).'),
  fault_types: z.array(z.string()),
  storm_members: z.int().nullable().describe('Of a storm: how many incidents it stands for.'),
  fleet: z.string().nullable().describe('The same in several clusters: what they share.'),
});

const input = z.strictObject({
  ...clusterArgs,
  cluster: clusterArgs.cluster.describe('Only of this cluster; without it of all.'),
  status: z.enum(incidentStatuses).optional().describe('Only those in this status; reported: there is an answer.'),
  severity: z.enum(severities).optional().describe('Of this severity alone.'),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Opened at this time or later, ISO 8601 such as 2026-11-20T06:00:00Z.'),
  open: z.boolean().default(false).describe('Only those that have not ended: neither resolved nor skipped.'),
  ...pageArgs,
});

/** The tool `list_incidents`. */
export function listIncidents({ reader, clusters, clock }: ListIncidentsDeps): Tool {
  return define({
    name: 'list_incidents',
    toolset: 'incidents',
    title: 'List incidents',
    description:
      'Incidents that nightcrier found in the clusters, newest first: what fails, since when, and the cause when it is known. Begin here when somebody asks what is wrong; with open: true only those that stand. get_incident has all of one.',
    input,
    output: listOf(itemSchema),
    run: async (args, call) => {
      const cluster = clusterAsked(args.cluster, clusters, call);
      const incidents = searched(reader, cluster, filterOf(args));
      const page = await pageOf(args, call, (token, limit) => fetchFitting(incidents, token, limit));
      if (page.items.length === 0 && cluster !== null) requireConfigured(cluster, clusters, call);
      const items = page.items.map((detail) => summaryJson(seenBy(detail, call.onlyCluster)));
      return { ...page, items, as_of: new Date(clock.now()).toISOString(), source: 'nightcrier' };
    },
  });
}

interface Filter {
  /** One query of the store each. */
  readonly statuses: readonly (Incident['status'] | undefined)[];
  readonly severity: Incident['severity'] | null;
  /** Ms since the epoch. */
  readonly since: number;
}

function filterOf({ status, severity, since, open }: z.output<typeof input>): Filter {
  const live = incidentStatuses.filter((one) => isLive(one) && (status ?? one) === one);
  return {
    statuses: open ? live : [status],
    severity: severity ?? null,
    since: since === undefined ? 0 : Date.parse(since),
  };
}

/** Incidents are large: so many are read at a time when one is looked for. */
const searchSize = 100;

/** They come by the time of their opening: what follows one from before `since` is older still. */
function searched(reader: ListIncidentsDeps['reader'], cluster: string | null, { statuses, severity, since }: Filter) {
  const ofCluster = cluster === null ? {} : { cluster };
  return {
    read: (asked: IncidentQuery) => readStatuses(reader, statuses, { ...asked, ...ofCluster }),
    fits: ({ incident }: IncidentDetail) =>
      incident.openedAt >= since && (severity ?? incident.severity) === incident.severity,
    after: ({ incident }: IncidentDetail) => incident.id,
    isOver: ({ incident }: IncidentDetail) => incident.openedAt < since,
    searchSize,
  };
}

/** A page of the incidents in any of some statuses, newest first. */
async function readStatuses(
  reader: ListIncidentsDeps['reader'],
  statuses: Filter['statuses'],
  query: Omit<IncidentQuery, 'status'>,
): Promise<Page<IncidentDetail>> {
  const pages = await Promise.all(
    statuses.map((status) => reader.incidents(status === undefined ? query : { ...query, status })),
  );
  // One that changed its status meanwhile may be in two pages.
  const found = new Map(pages.flatMap(({ items }) => items.map((detail) => [detail.incident.id, detail] as const)));
  const all = [...found.values()].sort((a, b) => (a.incident.id < b.incident.id ? 1 : -1));
  const items = all.slice(0, query.limit);
  const more = all.length > items.length || pages.some(({ next }) => next !== null);
  return { items, next: more ? (items.at(-1)?.incident.id ?? null) : null };
}

function summaryJson(detail: IncidentDetail): z.input<typeof itemSchema> {
  const { faults, storm, fleet, ...json } = incidentDetailJson(detail);
  return {
    ...shown.parse({ ...json, faults }),
    faults: faults.length,
    fault_types: [...new Set(faults.map(({ fault_type }) => fault_type))],
    storm_members: storm?.count ?? null,
    fleet: fleet?.signature ?? null,
  };
}
