import { createHash } from 'node:crypto';

/** From the least to the most severe. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const faultSources = ['push', 'sweep', 'watch', 'webhook', 'manual'] as const;
export type FaultSourceName = (typeof faultSources)[number];

/** Whether the source looks at what stands, and says it as long as it stands; the others tell what happened, once. */
export function tellsWhatStands(source: FaultSourceName): boolean {
  return source === 'sweep' || source === 'watch';
}

/** -1, 0 or 1: the order of severities. */
export function compareSeverity(a: Severity, b: Severity): number {
  return Math.sign(severities.indexOf(a) - severities.indexOf(b));
}

/** What of a workload fails: faults of one owner and family are one incident. */
export const families = [
  'workload',
  'image',
  'config',
  'scheduling',
  'storage',
  'admission',
  'network',
  'job',
  'node',
] as const;
export type Family = (typeof families)[number];

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string | null;
}

/** An object as a person names it: the kind without regard to case, no namespace for cluster-scoped ones. */
export type NamedObject = Pick<ObjectRef, 'kind' | 'namespace' | 'name'>;

/**
 * One signal from a cluster, as a source delivers it. `cluster` is always the name in our configuration.
 * Identity is (cluster, faultId).
 */
export interface FaultSignal {
  readonly cluster: string;
  readonly source: FaultSourceName;
  readonly faultId: string;
  readonly faultType: string;
  readonly severity: Severity;
  readonly resource: ObjectRef;
  /** Container of a pod fault, empty otherwise. */
  readonly container: string;
  /** One sentence of the source. */
  readonly context: string;
  /** When the source says that it happened, ms since the epoch; never later than its reception. */
  readonly at: number;
  /** Since when the fault stands, ms since the epoch, when the object tells. */
  readonly since: number | null;
  /** A failure family that the finding knows better than its type does, else null. */
  readonly family: Family | null;
  /** How often the container has restarted, when the source tells. */
  readonly restarts?: number | null;
}

/** A notification that cannot be used as a fault; counted and listed with the outcome `invalid`. */
export interface InvalidSignal {
  readonly cluster: string;
  readonly source: FaultSourceName;
  readonly reason: string;
  /** The start of what came, at most 500 characters, made printable. */
  readonly excerpt: string;
  readonly at: number;
}

/** What became of a received fault: exactly one. */
export const outcomes = [
  'opened',
  'merged',
  'repeated',
  'below_threshold',
  'triage_disabled',
  'muted',
  'storm',
  'throttled',
  'invalid',
  'self_resolved',
] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * Outcomes of faults of which nobody was told. The others were told: by their own incident (`opened`, `merged`) or the
 * storm's, and of a `repeated` one by the reception that it repeats, or that one is listed with what holds both back.
 */
export const notToldOutcomes = [
  'below_threshold',
  'triage_disabled',
  'muted',
  'throttled',
  'invalid',
  'self_resolved',
] as const satisfies readonly Outcome[];
export type NotToldOutcome = (typeof notToldOutcomes)[number];

/** What each outcome means for the person who asks why nobody was told. */
const outcomeMeanings: Readonly<Record<Outcome, string>> = {
  opened: 'opened an incident',
  merged: 'joined an open incident, no message of its own',
  repeated: 'the same fault again, counted only',
  below_threshold: 'below the severity threshold, no message',
  triage_disabled: 'triage is off for the cluster, no message',
  muted: 'silenced, no message; told when the silence ends and it still stands',
  storm: 'gathered into a storm incident',
  throttled: 'over the rate limit, counted only',
  invalid: 'could not be read as a fault',
  self_resolved: 'cleared before its investigation started',
};

interface Received {
  readonly outcome: Outcome | null;
  readonly episodeId: number | null;
}

/** What became of a received fault, in words. One that is active without an outcome is pending. */
export function outcomeMeaning({ outcome, episodeId }: Received): string {
  if (outcome !== null) return outcomeMeanings[outcome];
  return episodeId === null ? 'waits for intake' : 'nobody is told before it has stood for a while';
}

export interface OwnerRef {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  /** False when it was guessed from names because nobody could be asked. */
  readonly certain: boolean;
}

/** What faults can have in common, the most telling first. */
export const signNames = ['webhook', 'node', 'image', 'dns', 'registry', 'zone', 'namespace', 'fault_type'] as const;
export type SignName = (typeof signNames)[number];
/** What is known of one fault: null where nothing is. */
export type Signs = Readonly<Record<SignName, string | null>>;

/** So many members of a storm share this. */
export interface SharedSign {
  readonly sign: SignName;
  readonly value: string;
  readonly count: number;
  readonly of: number;
}

/** What makes an incident a storm: it stands for the incidents that would have been opened. Times in ms since the epoch. */
export interface StormState {
  readonly startedAt: number;
  readonly lastMemberAt: number;
  /** Since when nothing is gathered any more; null while it is. */
  readonly endedAt: number | null;
  /** How many incidents it stands for. */
  readonly members: number;
  /** How many there were when messages were last asked for. */
  readonly announced: number;
  /** The limit that was reached. */
  readonly rule: string;
  /** What its members have in common, as it was when the storm ended; null before, and when it is nothing. */
  readonly cause: SharedSign | null;
  /** True when all that stood at its end got incidents of their own. */
  readonly emptied?: boolean;
}

/** An incident that was not opened: a root owner and family whose faults a storm took in. */
export interface StormMember {
  readonly stormId: string;
  readonly owner: OwnerRef;
  readonly family: Family;
  /** Of its most severe fault. */
  readonly faultType: string;
  readonly severity: Severity;
  readonly resource: ObjectRef;
  /** When its first fault was received. */
  readonly at: number;
  readonly signs: Signs;
  /** By what it is the same in other clusters, null when nothing says so. */
  readonly signature: string | null;
  /** The incident that it got after the storm, null while it is part of the storm's. */
  readonly incidentId: string | null;
}

/** What a storm took in, and what of it is shared. */
export interface StormView {
  /** Every incident that was not opened, in the order in which they would have been. */
  readonly members: readonly StormMember[];
  /** What most of them share and what therefore names the storm; null when nothing does. */
  readonly common: SharedSign | null;
  /** Whatever is shared by half of them or more, the most shared first. */
  readonly shared: readonly SharedSign[];
  /** What stood on its own after the storm, the oldest first; none while it gathers. */
  readonly left?: readonly LeftIncident[];
}

/** An incident that a member of a storm got when that was over. Nobody is told of it but by the storm's message. */
export interface LeftIncident {
  readonly incidentId: string;
  readonly title: string;
  /** `waits`: nothing was found yet; `ended` without an answer. */
  readonly state: 'waits' | 'answered' | 'failed' | 'ended';
  readonly cause: string | null;
  readonly reportedAt: number | null;
  /** False when it has ended. */
  readonly live?: boolean;
}

/**
 * The id that the push server gives a fault: the first 8 bytes, in hex, of SHA-256 over
 * `cluster:faultType:resourceUID:containerName`. `serverCluster` is the server's own name as in
 * its answer to `events_subscribe`, empty when unknown; `container` is empty for what is no pod.
 */
export function faultId(serverCluster: string, faultType: string, uid: string, container: string): string {
  return createHash('sha256').update(`${serverCluster}:${faultType}:${uid}:${container}`).digest('hex').slice(0, 16);
}

export const matchOperators = ['=', '!=', '=~', '!~'] as const;

/** One condition that a fault fits or not, as Alertmanager writes it: `cluster=~"prod-.*"`. */
export interface Matcher {
  readonly name: string;
  readonly operator: (typeof matchOperators)[number];
  readonly value: string;
}

export const silenceSources = ['file', 'api'] as const;

/** Through what a silence was made that is not of the configuration: a page of the dashboard, a button in Slack. */
export const silenceWays = ['cli', 'api', 'page', 'slack'] as const;
export type SilenceWay = (typeof silenceWays)[number];

/** Of what fits all its matchers nobody is told, from its start until before its end. */
export interface Silence {
  /** `sil_…`; of one of the configuration `file_…`, made from what it says. */
  readonly id: string;
  readonly source: (typeof silenceSources)[number];
  /** Of `api`: through what it was made; those of older versions do not say. */
  readonly way?: SilenceWay;
  readonly matchers: readonly Matcher[];
  readonly startsAt: number;
  /** Null: until it is taken out of the configuration. */
  readonly endsAt: number | null;
  readonly author: string;
  readonly comment: string;
  readonly createdAt: number;
  /** Who ended it before its time; null when nobody did. */
  readonly endedBy: string | null;
  /** The end that it had before somebody ended it early, null for none; older ones do not say. */
  readonly wasToEndAt?: number | null;
}
