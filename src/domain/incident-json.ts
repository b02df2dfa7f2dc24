import type { FaultEpisode, Incident, Run } from './records.ts';
import type { ListedFault } from './state-store.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** One element of an incident's `faults` (CONTRACT.md section 4). */
function faultJson(fault: FaultEpisode) {
  return {
    fault_id: fault.faultId,
    fault_type: fault.faultType,
    severity: fault.severity,
    resource: fault.resource,
    context: fault.context,
    first_seen: iso(fault.firstSeen),
    last_seen: iso(fault.lastSeen),
    count: fault.count,
    source: fault.sources[0] ?? 'push',
  };
}

/** `incident.json` (CONTRACT.md section 4). */
export function incidentJson(incident: Incident, faults: readonly FaultEpisode[]) {
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
    faults: faults.map(faultJson),
    title: incident.title,
  };
}

/** An incident of the read API (CONTRACT.md section 3): `incident.json` with cause, report and runs. */
export function incidentDetailJson(incident: Incident, faults: readonly FaultEpisode[], runs: readonly Run[]) {
  return {
    ...incidentJson(incident, faults),
    status_reason: incident.statusReason,
    reported_at: isoOrNull(incident.reportedAt),
    resolved_at: isoOrNull(incident.resolvedAt),
    reopened: incident.reopened,
    previous_id: incident.previousId,
    cause: incident.cause,
    confidence: incident.confidence,
    report: incident.report,
    runs: runs.map(runJson),
  };
}

export function runJson(run: Run) {
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
  };
}

/** A received fault of the read API (CONTRACT.md section 3). */
export function listedFaultJson({ reception, episode }: ListedFault) {
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
