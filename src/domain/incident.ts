import { joinsAnyFamily, manualFault } from './fault-types.ts';
import { compareSeverity, type ObjectRef, type OwnerRef, type StormView } from './fault.ts';
import type { Acknowledgement, ActKind } from './people/incident-act.ts';
import { type Reopening, withReopening } from './people/reopening.ts';
import type { FaultEpisode, Incident, IncidentStatus, Run, RunResult, TitleFault } from './records.ts';
import type { ClusterPolicy } from './state-store.ts';

/*
 * The life of an incident. `open` gathers faults, `queued` waits for a slot, `investigating` has a run. `resolved` and
 * `skipped` are ends; a resolved incident can reopen. Every other way is a mistake of the caller and throws.
 */
const transitions: Record<IncidentStatus, readonly IncidentStatus[]> = {
  open: ['queued', 'investigating', 'resolved', 'skipped'],
  queued: ['investigating', 'resolved', 'skipped'],
  investigating: ['reported', 'failed', 'queued', 'resolved'],
  reported: ['queued', 'resolved'],
  failed: ['queued', 'resolved'],
  resolved: ['open'],
  skipped: [],
};

/** The incident in its next status. @throws Error when its life does not lead there. */
export function transition(
  incident: Incident,
  status: IncidentStatus,
  at: number,
  reason: string | null = null,
): Incident {
  if (!transitions[incident.status].includes(status)) {
    throw new Error(`incident ${incident.id} cannot go from ${incident.status} to ${status}`);
  }
  return { ...incident, status, statusReason: reason, updatedAt: at };
}

/** Whether faults still join it: it has not ended. */
export function isLive(status: IncidentStatus): boolean {
  return status !== 'resolved' && status !== 'skipped';
}

export interface NewIncident {
  readonly id: string;
  readonly fault: Pick<
    FaultEpisode,
    'cluster' | 'faultType' | 'severity' | 'resource' | 'family' | 'owner' | 'firstSeen'
  >;
  readonly cluster: Pick<ClusterPolicy, 'environment' | 'labels'>;
  readonly quiet: boolean;
  readonly previousId: string | null;
  readonly at: number;
}

export function openIncident({ id, fault, cluster, quiet, previousId, at }: NewIncident): Incident {
  return blankIncident({
    id,
    cluster: fault.cluster,
    environment: cluster.environment,
    labels: cluster.labels,
    severity: fault.severity,
    family: fault.family,
    resource: fault.resource,
    owner: fault.owner,
    title: incidentTitle(fault.faultType, fault.owner),
    titleFault: { faultType: fault.faultType, severity: fault.severity, firstSeen: fault.firstSeen },
    openedAt: at,
    quiet,
    previousId,
  });
}

/** An incident after the reopen window, with how the one before had ended; `goesOn`: its fault stood all the while. */
export function followIncident(incident: Incident, previous: Incident, goesOn: boolean): Incident {
  const { statusReason: endReason, resolvedAt: endedAt } = previous;
  return { ...incident, previousEnd: { endReason, endedAt, goesOn } };
}

type Known = 'id' | 'cluster' | 'severity' | 'family' | 'resource' | 'owner' | 'title' | 'titleFault' | 'openedAt';

/** An incident of which only this is known: open, nothing ran, nothing was found. */
export function blankIncident(known: Pick<Incident, Known> & Partial<Incident>): Incident {
  return {
    environment: null,
    labels: {},
    status: 'open',
    statusReason: null,
    updatedAt: known.openedAt,
    startedAt: null,
    reportedAt: null,
    resolvedAt: null,
    quiet: false,
    reopened: 0,
    previousId: null,
    cause: null,
    confidence: null,
    report: null,
    seq: 1,
    acknowledged: null,
    ...known,
  };
}

/** `CrashLoop · payments/api (Deployment)`. */
export function incidentTitle(faultType: string, owner: OwnerRef): string {
  const name = owner.namespace === null ? owner.name : `${owner.namespace}/${owner.name}`;
  return `${faultType} · ${name} (${owner.kind})`;
}

/** What an incident looks at of a fault that joins it. */
export type JoiningFault = Pick<FaultEpisode, 'faultType' | 'severity' | 'family' | 'owner' | 'resource' | 'firstSeen'>;

/**
 * The incident with one more fault: the highest severity counts; a fault that is not quiet makes it loud. With
 * `takesFamily` an incident that says only that a workload stands still (a Deployment that does not progress) gets the
 * family of its first real cause. Title and resource are those of the most telling fault.
 */
export function addFault(
  incident: Incident,
  fault: JoiningFault,
  change: { quiet: boolean; takesFamily: boolean; at: number },
): Incident {
  const severity = compareSeverity(fault.severity, incident.severity) > 0 ? fault.severity : incident.severity;
  const quiet = incident.quiet && change.quiet;
  const family = change.takesFamily ? fault.family : incident.family;
  // A storm is named after how many it stands for.
  const named = incident.storm === undefined && namesIncident(fault, incident, change.takesFamily);
  if (!named && severity === incident.severity && quiet === incident.quiet && family === incident.family) {
    return incident;
  }
  const changed = { ...incident, severity, quiet, family, updatedAt: change.at };
  if (!named) return changed;
  const { faultType, firstSeen } = fault;
  const titleFault = { faultType, severity: fault.severity, firstSeen };
  return { ...changed, titleFault, title: incidentTitle(faultType, incident.owner), resource: fault.resource };
}

/** Whether the incident is named after this fault from now on: one of its own owner that tells more than the one before. */
function namesIncident(fault: JoiningFault, incident: Incident, takesFamily: boolean): boolean {
  if (objectKey(fault.owner) !== objectKey(incident.owner)) return false;
  // A real cause that has cleared names nothing any more when another takes the incident over.
  if (takesFamily && !joinsAnyFamily(incident.titleFault.faultType)) return true;
  return compareTelling(fault, incident.titleFault) < 0;
}

/** The more telling fault first: a cause before what only follows from it, then the higher severity, then the earlier. */
function compareTelling(a: TitleFault, b: TitleFault): number {
  const follows = Number(joinsAnyFamily(a.faultType)) - Number(joinsAnyFamily(b.faultType));
  return follows || compareSeverity(b.severity, a.severity) || a.firstSeen - b.firstSeen;
}

/** Whether a live incident takes the family of a real cause: all that stands of it only follows from other faults. */
export function yieldsFamily(active: readonly Pick<FaultEpisode, 'faultType'>[]): boolean {
  return active.length > 0 && active.every((fault) => joinsAnyFamily(fault.faultType));
}

/** What opens a resolved incident again: its fault came back, or goes on, within the reopen window. */
export type ReopeningFault = Pick<Reopening, 'faultType' | 'resource' | 'goesOn'> & { readonly quiet: boolean };

/** A resolved incident that is taken up again, with how it had ended. */
export function reopenIncident(incident: Incident, { quiet, ...fault }: ReopeningFault, at: number): Incident {
  const { statusReason: endReason, resolvedAt: endedAt } = incident;
  return {
    ...transition(incident, 'open', at),
    reopenings: withReopening(incident.reopenings, { at, ...fault, endReason, endedAt }),
    startedAt: null,
    resolvedAt: null,
    reopened: incident.reopened + 1,
    quiet: incident.quiet && quiet,
    seq: incident.seq + 1,
    acknowledged: null,
  };
}

/** A person has it in hand: the first one who says so. */
export function acknowledgeIncident(incident: Incident, acknowledged: Acknowledgement): Incident {
  if (incident.acknowledged) return incident;
  return { ...incident, acknowledged, updatedAt: acknowledged.at, seq: incident.seq + 1 };
}

export function startIncident(incident: Incident, at: number): Incident {
  if (!isLive(incident.status)) return incident;
  return {
    ...transition(incident, 'investigating', at),
    startedAt: incident.startedAt ?? at,
    seq: incident.seq + 1,
  };
}

/** What a run found, on its incident; one that ended meanwhile stays ended. */
export function reportIncident(incident: Incident, result: RunResult, at: number): Incident {
  const failed = result.outcome === 'failed';
  const moved =
    incident.status === 'investigating'
      ? transition(incident, failed ? 'failed' : 'reported', at, failed ? result.error : null)
      : incident;
  if (failed) return { ...moved, updatedAt: at, seq: incident.seq + 1 };
  return {
    ...moved,
    // A person's question is no fault; that one was found is.
    severity: result.isFault === true && isQuestion(incident) ? 'warning' : incident.severity,
    updatedAt: at,
    reportedAt: at,
    cause: result.cause,
    confidence: result.confidence,
    impact: result.impact ?? null,
    report: result.report,
    seq: incident.seq + 1,
  };
}

const isQuestion = ({ titleFault, severity }: Incident): boolean =>
  titleFault.faultType === manualFault && severity === 'info';

/** The end of an incident: `resolved`, or `skipped` when another took it in. With it a storm is over. */
export function endIncident(incident: Incident, status: 'resolved' | 'skipped', reason: string, at: number): Incident {
  const { storm } = incident;
  const over = storm === undefined ? {} : { storm: { ...storm, endedAt: storm.endedAt ?? at } };
  return { ...transition(incident, status, at, reason), ...over, resolvedAt: at, seq: incident.seq + 1 };
}

/** Whether an incident is a storm that still gathers what would open others. */
export function isGathering({ status, storm }: Pick<Incident, 'status' | 'storm'>): boolean {
  return storm !== undefined && storm.endedAt === null && isLive(status);
}

/** One text for the root owner of an incident's key: kind without regard to case. */
export function objectKey(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return `${ref.kind.toLowerCase()}/${ref.namespace ?? ''}/${ref.name}`;
}

/** What a person does with an incident, and who. */
export interface IncidentOrder {
  readonly kind: ActKind;
  readonly by: string;
  readonly comment: string;
  /** The person's id in Slack, where it is said there. */
  readonly slackUser?: string;
}

export type OrderAnswer =
  | { readonly kind: 'done'; readonly incident: Incident; readonly run: Run | null }
  | { readonly kind: 'unknown' }
  /** It has ended: there is nothing to acknowledge or to investigate. */
  | { readonly kind: 'ended'; readonly incident: Incident };

export interface OrderStore {
  /** Carried out once: an order that is repeated changes nothing, and has the answer of the first. */
  orderIncident(id: string, order: IncidentOrder, at: number): Promise<OrderAnswer>;
}

export interface RetentionStore {
  /** Deletes what ended before `olderThan`, a bounded number of rows a call. Call it again while there is more. */
  prune(olderThan: number): Promise<Pruned>;
  /** Those of these incidents that are over: no fault stands, no run, message or report waits. */
  endedIncidents(ids: readonly string[]): Promise<readonly EndedIncident[]>;
}

export interface Pruned {
  readonly incidents: readonly Pick<Incident, 'id' | 'cluster'>[];
  /** The call ended at its bound. */
  readonly more: boolean;
}

/** An incident of which nothing is under way any more. */
export interface EndedIncident extends Pick<Incident, 'id' | 'cluster'> {
  readonly endedAt: number;
}

/** The same in several clusters: told by the message of the incident that leads it. Times in ms since the epoch. */
export interface Fleet {
  readonly id: string;
  readonly signature: string;
  readonly lead: string;
  readonly startedAt: number;
  readonly lastAt: number;
}

/** What is shown of a fleet incident. */
export interface FleetView extends Pick<Fleet, 'id' | 'signature' | 'lead'> {
  readonly members: readonly FleetMember[];
}

export interface FleetMember extends Pick<Incident, 'cluster' | 'status' | 'title' | 'cause'> {
  readonly incidentId: string;
  readonly joinedAt: number;
  readonly resolvedAt?: number | null;
}

/** What is read beside an incident that is a storm, or that belongs to a fleet incident. */
export interface GroupViews {
  readonly storm?: StormView;
  readonly fleet?: FleetView;
}

/** The cluster of an incident with its environment, where that says more than its name. */
export function clusterText({ cluster, environment }: Pick<Incident, 'cluster' | 'environment'>): string {
  return environment === null || environment === cluster ? cluster : `${cluster} (${environment})`;
}
