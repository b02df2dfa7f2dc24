import type { RunUsage } from './agent-gateway.ts';
import type {
  Family,
  FaultSignal,
  FaultSourceName,
  InvalidSignal,
  ObjectRef,
  Outcome,
  OwnerRef,
  Severity,
  StormState,
} from './fault.ts';
import type { Acknowledgement } from './people/incident-act.ts';
import type { Reopening } from './people/reopening.ts';
import type { Impact } from './verdict/impact.ts';
import type { Confidence } from './verdict/verdict.ts';

/*
 * The row types of the state store, one reducer each (episode.ts, incident.ts, run.ts, delivery.ts).
 * Times are milliseconds since the epoch, UTC.
 */

/** A received fault: written before anything else happens to it. `outcome` is null until intake has looked at it. */
export interface Reception {
  readonly seq: number;
  readonly cluster: string;
  readonly source: FaultSourceName;
  readonly at: number;
  /** How many notifications the row stands for: 1, more when they were thrown away over a rate limit. */
  readonly count: number;
  readonly signal: FaultSignal | null;
  readonly invalid: InvalidSignal | null;
  readonly outcome: Outcome | null;
  /** The rule that gave the outcome, one phrase (`dedup_window`, `severity_threshold: warning` …). */
  readonly rule: string | null;
  /** False while the outcome can still become `self_resolved`: its incident's run has not started. */
  readonly final: boolean;
  readonly episodeId: number | null;
  readonly incidentId: string | null;
  /** Stood for long before anybody looked: its incident sends no message of its own. */
  readonly quiet: boolean;
  /** Without an outcome: when it is looked at (again), ms since the epoch; 0: as soon as possible. */
  readonly dueAt: number;
}

/** One active (or cleared) fault. The same fault id after it cleared is a new episode. */
export interface FaultEpisode {
  readonly id: number;
  readonly cluster: string;
  readonly faultId: string;
  readonly faultType: string;
  readonly severity: Severity;
  readonly resource: ObjectRef;
  readonly container: string;
  readonly context: string;
  readonly owner: OwnerRef;
  /** Node of the pod, when known. */
  readonly node: string | null;
  readonly family: Family;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly since: number | null;
  readonly count: number;
  readonly sources: readonly FaultSourceName[];
  /** The last sweep that found it, null when only pushed. */
  readonly lastSweepAt: number | null;
  /** The first of the sweeps in a row that saw it cleared. */
  readonly clearSeenAt: number | null;
  readonly clearedAt: number | null;
  /** Null while it is pending: nobody is told before it has stood until `pendingUntil`. */
  readonly outcome: Outcome | null;
  /** Ms since the epoch; nothing when it is not pending (any more). */
  readonly pendingUntil?: number | null;
  readonly rule: string | null;
  readonly incidentId: string | null;
}

/** What of a fault decides whether it names its incident. */
export type TitleFault = Pick<FaultEpisode, 'faultType' | 'severity' | 'firstSeen'>;

export const incidentStatuses = [
  'open',
  'queued',
  'investigating',
  'reported',
  'resolved',
  'failed',
  'skipped',
] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];

export interface Incident {
  readonly id: string;
  readonly cluster: string;
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: IncidentStatus;
  /** Why it ended: `cleared`, `self_resolved`, `by PERSON`, `cluster_removed`, `absorbed_by inc_…`, an error. */
  readonly statusReason: string | null;
  readonly severity: Severity;
  readonly family: Family;
  readonly resource: ObjectRef;
  readonly owner: OwnerRef;
  readonly title: string;
  /** The most telling of its faults, after which title and resource are. */
  readonly titleFault: TitleFault;
  readonly openedAt: number;
  readonly updatedAt: number;
  readonly startedAt: number | null;
  readonly reportedAt: number | null;
  readonly resolvedAt: number | null;
  /** Taken up at first contact: incident and report, but no message of its own. */
  readonly quiet: boolean;
  readonly reopened: number;
  /** The latest times that it was opened again, oldest first; older versions only counted. */
  readonly reopenings?: readonly Reopening[];
  /** The earlier incident with the same key, when this one came after its reopen window. */
  readonly previousId: string | null;
  /**
   * How that one had ended, and whether its fault stood all the while; incidents of older versions, and those that come out
   * of a storm, do not say.
   */
  readonly previousEnd?: Pick<Reopening, 'endReason' | 'endedAt' | 'goesOn'>;
  /** One sentence, from the verdict of the latest run. */
  readonly cause: string | null;
  readonly confidence: Confidence | null;
  /** What it means for those who use it, as the latest run read it; incidents of older versions do not say. */
  readonly impact?: Impact | null;
  /** Where the report is: a path or a URL. */
  readonly report: string | null;
  /** Counts the changes that messages show; the `seq` of deliveries. */
  readonly seq: number;
  /** Of a storm incident alone. */
  readonly storm?: StormState;
  /** Who has it in hand; incidents of older versions do not say. */
  readonly acknowledged?: Acknowledgement | null;
  /** The fleet incident to which it belongs: the same in other clusters. */
  readonly fleet?: { readonly id: string; readonly signature: string; readonly joinedAt: number };
}

export const runTriggers = ['fault', 'reopened', 'manual', 'new_evidence'] as const;
/** What asked for a run. */
export type RunTrigger = (typeof runTriggers)[number];

export const runStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** One investigation of an incident. */
export interface Run {
  readonly id: string;
  readonly incidentId: string;
  readonly cluster: string;
  readonly status: RunStatus;
  readonly severity: Severity;
  readonly createdAt: number;
  /** Not started before this (group_wait). */
  readonly notBefore: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** 1 at first; more after the process died during it. */
  readonly attempt: number;
  readonly trigger: RunTrigger;
  readonly result: RunResult | null;
  /** The person who asked for it again; runs of older versions do not say. */
  readonly requestedBy?: string | null;
}

/** `answered` by the agent, `fallback` to the built-in analyst, `failed` when not even that could run. */
export const runOutcomes = ['answered', 'fallback', 'failed'] as const;

export interface RunResult {
  readonly outcome: (typeof runOutcomes)[number];
  readonly agent: string;
  readonly model: string | null;
  /** Names of defects of the agent's output (TRI-6), empty when it was good. */
  readonly defects: readonly string[];
  readonly isFault: boolean | null;
  readonly cause: string | null;
  readonly confidence: Confidence | null;
  /** The first cause as words that can be compared; results of older versions do not say. */
  readonly rootCause?: { readonly mechanism: string; readonly wrong_value: string | null } | null;
  /** What it means for those who use it, when the evidence was read; results of older versions do not say. */
  readonly impact?: Impact | null;
  /** Link or absolute path of the report, null when there is none. */
  readonly report: string | null;
  readonly durationMs: number;
  readonly error: string | null;
  /** What a message shows besides the cause; bounded by the analyst. */
  readonly summary: AnswerSummary | null;
  /** What the agent used; null when nobody counted. */
  readonly usage: RunUsage | null;
  /** How often the agent was asked to mend the form of its answer; results of older versions do not say. */
  readonly repairs?: number;
  /** Whether its artifacts are stored, or wait in its workspace to be stored later; null when it has none. */
  readonly artifacts?: 'stored' | 'waits' | null;
}

export interface NextStep {
  readonly text: string;
  readonly command: string | null;
  readonly reversible: boolean;
  /** How it is taken back; answers of older versions do not say. */
  readonly undo?: string | null;
}

/** What messages and pages show of an answer. */
export interface AnswerSummary {
  readonly evidence: readonly string[];
  readonly nextSteps: readonly NextStep[];
  readonly claimsBacked: number;
  readonly claims: number;
  readonly missing: readonly string[];
}

export const deliveryTargets = ['slack', 'webhook', 'pagerduty', 'teams', 'console'] as const;
export type DeliveryTarget = (typeof deliveryTargets)[number];

export const deliveryKinds = [
  'incident',
  'first_contact',
  'clusters_unreachable',
  'clusters_back',
  'agent_degraded',
  'agent_recovered',
  'refresh',
] as const;
/** `refresh`: an edit of the post of an incident, for what is no news. */
export type DeliveryKind = (typeof deliveryKinds)[number];
export type NoticeKind = Exclude<DeliveryKind, 'incident' | 'refresh'>;

/** `held`: its incident is silenced; it is sent when that ends. */
export const deliveryStatuses = ['pending', 'held', 'sending', 'sent', 'superseded', 'dead'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** One message to one target: a row in the outbox. Incident messages are rendered from the newest state when sent. */
export interface Delivery {
  readonly id: string;
  readonly target: DeliveryTarget;
  readonly kind: DeliveryKind;
  readonly incidentId: string | null;
  /** Notices: what they are about. Incident messages: null. */
  readonly notice: Notice | null;
  /** The incident's status that asked for it. */
  readonly state: string;
  readonly seq: number;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly notBefore: number;
  readonly createdAt: number;
  readonly sentAt: number | null;
  /** True when the process died while it was being sent: it may have arrived. */
  readonly uncertain: boolean;
  readonly error: string | null;
}

export interface Notice {
  readonly key: string;
  readonly clusters: readonly string[];
  readonly since: number | null;
  readonly until: number | null;
  /** First contact: how many incidents were taken up quietly. */
  readonly incidents: number;
  readonly detail: string;
  /** `clusters_back`, `agent_recovered`: the notice that it answers, and how many clusters of it are unreachable still. */
  readonly answers?: { readonly key: string; readonly stillUnreachable: number };
  /**
   * `agent_degraded`: the agent, its failures in a row and the time until it is tried again; `agent_recovered`: the agent
   * and how many runs the analyst answered in its place.
   */
  readonly agent?: { readonly name: string; readonly runs: number; readonly retryAfterMs: number | null };
}

/** Where an incident's (or a notice's) one post is, so that it can be updated. */
export interface RemotePost {
  readonly channel: string;
  readonly ts: string;
}
