import { z } from 'zod';
import type { RunUsage } from '../agent-gateway.ts';
import { analystRequest } from '../decide/analyst-request.ts';
import { families, faultSources, outcomes, severities } from '../fault.ts';
import type { GroupViews } from '../incident.ts';
import type { AnalystRequest } from '../ports.ts';
import {
  type FaultEpisode,
  type Incident,
  incidentStatuses,
  type Run,
  runOutcomes,
  runStatuses,
  runTriggers,
} from '../records.ts';
import type { IncidentDetail, ListedFault } from '../state-store.ts';
import { impactWords } from '../verdict/impact-words.ts';
import { confidences } from '../verdict/verdict.ts';
import { acknowledgedJson, acknowledgedSchema, actJson, actSchema, reopeningJson, reopeningSchema } from './acts.ts';
import { fleetJson, fleetSchema, ownerSchema, resourceSchema, stormJson, stormSchema } from './groups.ts';
import { iso, isoOrNull } from './times.ts';

/*
 * `incident.json` and what the read API shows of incidents, runs and faults. Keys are in snake_case, times in ISO 8601
 * UTC; the order of the keys is that in which they are written.
 */

const time = z.iso.datetime();

const faultSchema = z.object({
  fault_id: z.string(),
  fault_type: z.string(),
  severity: z.enum(severities),
  resource: resourceSchema,
  context: z.string(),
  first_seen: time,
  last_seen: time,
  count: z.int(),
  source: z.enum(faultSources),
});

/** `incident.json` among the artifacts. */
export const incidentFileSchema = z.object({
  id: z.string(),
  cluster: z.string(),
  environment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  status: z.enum(incidentStatuses),
  severity: z.enum(severities),
  opened_at: time,
  resource: resourceSchema,
  owner: ownerSchema,
  family: z.enum(families),
  faults: z.array(faultSchema),
  title: z.string(),
  /** Of a storm incident alone. */
  storm: stormSchema.optional(),
  /** Where the same is seen, of an incident that belongs to a fleet incident. */
  fleet: fleetSchema.optional(),
});
export type IncidentFile = z.infer<typeof incidentFileSchema>;

export const runSchema = z.object({
  id: z.string(),
  status: z.enum(runStatuses),
  trigger: z.enum(runTriggers),
  attempt: z.int(),
  created_at: time,
  started_at: time.nullable(),
  ended_at: time.nullable(),
  agent: z.string().nullable(),
  outcome: z.enum(runOutcomes).nullable(),
  defects: z.array(z.string()).readonly(),
  error: z.string().nullable(),
  /** How often the agent was asked to mend the form of its answer. */
  repairs: z.int(),
  model: z.string().nullable(),
  turns: z.int().nullable(),
  /** `input` includes `cached`. */
  tokens: z.object({ input: z.int(), cached: z.int(), output: z.int() }).nullable(),
  /** US dollars at list prices, null when not known. */
  usd: z.number().nullable(),
  requests: z.object({ kubernetes: z.int(), model: z.int(), refused: z.int() }).nullable(),
  /** The person who asked for it again. */
  requested_by: z.string().nullable(),
});
export type RunJson = z.infer<typeof runSchema>;

const impactJsonSchema = z.object({
  /** A sentence. */
  words: z.string(),
  at: time.nullable(),
  /** Ready pods, of so many `pods`; null where the incident is about no pods. */
  ready: z.int().nullable(),
  pods: z.int().nullable(),
  /** False: each has a Service, and none that leads to them has an endpoint; null: the evidence does not say. */
  serves: z.boolean().nullable(),
});

/** An incident of the read API: `incident.json` with what was found and the runs. */
export const incidentSchema = incidentFileSchema.extend({
  status_reason: z.string().nullable(),
  reported_at: time.nullable(),
  resolved_at: time.nullable(),
  reopened: z.int(),
  previous_id: z.string().nullable(),
  cause: z.string().nullable(),
  confidence: z.enum(confidences).nullable(),
  /** What it means for users, when its evidence was read; null before an answer. */
  impact: impactJsonSchema.nullable(),
  report: z.string().nullable(),
  /** The person who has it in hand. */
  acknowledged: acknowledgedSchema.nullable(),
  /** Oldest first. */
  acts: z.array(actSchema),
  /** The latest 20, oldest first. */
  reopenings: z.array(reopeningSchema),
  runs: z.array(runSchema),
});
export type IncidentJson = z.infer<typeof incidentSchema>;

/** A received fault of the read API; without id, type, severity and resource when it could not be read as a fault. */
export const listedFaultSchema = faultSchema.extend({
  fault_id: z.string().nullable(),
  fault_type: z.string().nullable(),
  severity: z.enum(severities).nullable(),
  resource: resourceSchema.nullable(),
  cluster: z.string(),
  outcome: z.enum(outcomes).nullable(),
  rule: z.string().nullable(),
  incident_id: z.string().nullable(),
  at: time,
});
export type ListedFaultJson = z.infer<typeof listedFaultSchema>;

export function incidentJson(
  incident: Incident,
  faults: readonly FaultEpisode[],
  { storm, fleet }: GroupViews = {},
): IncidentFile {
  return {
    id: incident.id,
    cluster: incident.cluster,
    environment: incident.environment,
    labels: incident.labels,
    status: incident.status,
    severity: incident.severity,
    opened_at: iso(incident.openedAt),
    resource: incident.resource,
    owner: incident.owner,
    family: incident.family,
    faults: faults.map((fault) => ({
      fault_id: fault.faultId,
      fault_type: fault.faultType,
      severity: fault.severity,
      resource: fault.resource,
      context: fault.context,
      first_seen: iso(fault.firstSeen),
      last_seen: iso(fault.lastSeen),
      count: fault.count,
      source: fault.sources[0] ?? 'push',
    })),
    title: incident.title,
    ...(incident.storm !== undefined && { storm: stormJson(incident.storm, storm) }),
    ...(incident.fleet !== undefined && { fleet: fleetJson(incident.fleet, fleet) }),
  };
}

/** An incident as the API, the command line and webhooks give it. */
export function incidentDetailJson({ incident, faults, runs, acts = [], ...groups }: IncidentDetail): IncidentJson {
  return {
    ...incidentJson(incident, faults, groups),
    status_reason: incident.statusReason,
    reported_at: isoOrNull(incident.reportedAt),
    resolved_at: isoOrNull(incident.resolvedAt),
    reopened: incident.reopened,
    previous_id: incident.previousId,
    cause: incident.cause,
    confidence: incident.confidence,
    impact: impactJson(incident),
    report: incident.report,
    acknowledged: acknowledgedJson(incident),
    acts: acts.map(actJson),
    reopenings: (incident.reopenings ?? []).map(reopeningJson),
    runs: runs.map(runJson),
  };
}

export function impactJson({ impact }: Incident): IncidentJson['impact'] {
  if (!impact) return null;
  const counted = impact.of === 'pods' || impact.of === 'node' ? impact : null;
  return {
    words: impactWords(impact),
    at: isoOrNull(impact.at),
    ready: counted?.ready ?? null,
    pods: counted?.pods ?? null,
    serves: impact.of === 'pods' ? impact.serves : null,
  };
}

export function runJson(run: Run): RunJson {
  return {
    id: run.id,
    status: run.status,
    trigger: run.trigger,
    attempt: run.attempt,
    created_at: iso(run.createdAt),
    started_at: isoOrNull(run.startedAt),
    ended_at: isoOrNull(run.endedAt),
    agent: run.result?.agent ?? null,
    outcome: run.result?.outcome ?? null,
    defects: run.result?.defects ?? [],
    error: run.result?.error ?? null,
    repairs: run.result?.repairs ?? 0,
    model: run.result?.model ?? null,
    ...usageJson(run.result?.usage ?? null),
    requested_by: run.requestedBy ?? null,
  };
}

function usageJson(usage: RunUsage | null): Pick<RunJson, 'turns' | 'tokens' | 'usd' | 'requests'> {
  const { turns = null, tokens = null, usd = null, requests = null } = usage ?? {};
  return { turns, tokens, usd, requests };
}

export function listedFaultJson({ reception, episode }: ListedFault): ListedFaultJson {
  const signal = reception.signal;
  return {
    fault_id: signal?.faultId ?? null,
    fault_type: signal?.faultType ?? null,
    severity: signal?.severity ?? null,
    resource: signal?.resource ?? null,
    context: signal?.context ?? reception.invalid?.reason ?? '',
    first_seen: iso(episode?.firstSeen ?? reception.at),
    last_seen: iso(episode?.lastSeen ?? reception.at),
    count: episode?.count ?? reception.count,
    source: reception.source,
    cluster: reception.cluster,
    outcome: reception.outcome,
    rule: reception.rule,
    incident_id: reception.incidentId,
    at: iso(reception.at),
  };
}

/**
 * What the analyst is asked about, read from an `incident.json`; `kubectl`: the options with which people reach the cluster.
 * @throws ZodError, SyntaxError
 */
export function parseAnalystRequest(text: string, kubectl: readonly string[]): AnalystRequest {
  const file = incidentFileSchema.parse(JSON.parse(text));
  const faults = file.faults.map((fault) => ({
    faultType: fault.fault_type,
    resource: fault.resource,
    owner: file.owner,
    context: fault.context,
    firstSeen: Date.parse(fault.first_seen),
    since: null,
    sources: [fault.source],
  }));
  return analystRequest({ ...file, openedAt: Date.parse(file.opened_at) }, faults, kubectl);
}
