import { z } from 'zod';
import { severities } from './fault.ts';
import { familyOf } from './family.ts';
import { incidentStatuses, type FaultEpisode, type Incident } from './records.ts';

const time = z.iso.datetime().transform((text) => Date.parse(text));
const severity = z.enum(severities as [string, ...string[]]).transform((text) => text as Incident['severity']);
const objectRef = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string(),
  uid: z.string().nullable(),
});

const faultSchema = z.object({
  fault_id: z.string(),
  fault_type: z.string(),
  severity,
  resource: objectRef,
  context: z.string(),
  first_seen: time,
  last_seen: time,
  count: z.int(),
  source: z.enum(['push', 'sweep', 'webhook', 'manual']),
});

const incidentSchema = z.object({
  id: z.string(),
  cluster: z.string(),
  environment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  status: z.enum(incidentStatuses),
  severity,
  opened_at: time,
  resource: objectRef,
  owner: z.object({ kind: z.string(), namespace: z.string().nullable(), name: z.string(), certain: z.boolean() }),
  family: z.string(),
  faults: z.array(faultSchema),
  title: z.string(),
});

/** `incident.json` read back, as far as the analyst needs it; the rest is empty. @throws ZodError, SyntaxError */
export function parseIncident(text: string): { incident: Incident; faults: FaultEpisode[] } {
  const file = incidentSchema.parse(JSON.parse(text));
  const family = file.family as Incident['family'];
  const incident: Incident = {
    id: file.id,
    cluster: file.cluster,
    environment: file.environment,
    labels: file.labels,
    status: file.status,
    statusReason: null,
    severity: file.severity,
    family,
    resource: file.resource,
    owner: file.owner,
    title: file.title,
    titleFault: {
      faultType: file.faults[0]?.fault_type ?? '',
      severity: file.severity,
      firstSeen: file.opened_at,
    },
    openedAt: file.opened_at,
    updatedAt: file.opened_at,
    startedAt: null,
    reportedAt: null,
    resolvedAt: null,
    quiet: false,
    reopened: 0,
    previousId: null,
    cause: null,
    confidence: null,
    report: null,
    seq: 0,
  };
  return { incident, faults: file.faults.map((fault, index) => episode(fault, incident, index)) };
}

function episode(fault: z.infer<typeof faultSchema>, incident: Incident, index: number): FaultEpisode {
  return {
    id: index + 1,
    cluster: incident.cluster,
    faultId: fault.fault_id,
    faultType: fault.fault_type,
    severity: fault.severity,
    resource: fault.resource,
    container: '',
    context: fault.context,
    owner: incident.owner,
    node: null,
    family: familyOf(fault.fault_type),
    firstSeen: fault.first_seen,
    lastSeen: fault.last_seen,
    since: null,
    count: fault.count,
    sources: [fault.source],
    lastSweepAt: null,
    clearSeenAt: null,
    clearedAt: null,
    outcome: 'opened',
    rule: null,
    incidentId: incident.id,
  };
}
