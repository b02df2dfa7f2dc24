import type { AgentBreaker, AgentEnd, AgentStore, DailySpend, RunLimits, SpendQuery } from './agent-limits.ts';
import type {
  Delivery,
  DeliveryTarget,
  FaultEpisode,
  Incident,
  IncidentStatus,
  Notice,
  NoticeKind,
  Reception,
  RemotePost,
  Run,
  RunResult,
  RunTrigger,
} from './records.ts';
import type { SilenceChange, SilenceStore, FleetPolicy, StormPolicy } from './cluster-policy.ts';
import type { ConnectionStore } from './cluster-status.ts';
import type { FaultSignal, InvalidSignal, ObjectRef, Outcome, OwnerRef, Severity } from './fault.ts';
import type { Counters, FeedbackChange, FeedbackStore, HistoryReader } from './history.ts';
import type { GroupViews, OrderStore, RetentionStore } from './incident.ts';
import type { IncidentAct } from './people/incident-act.ts';
import type { AlertStore, UploadStore } from './ports.ts';
import type { PostStore, QuestionChange, QuestionStore } from './question.ts';

/*
 * The state store: every method is one transaction, durable when its promise resolves. Each rejects with
 * StoreUnavailableError when nothing can be written (full disk); the caller then has accepted nothing.
 * Decisions are pure functions of this folder, called inside the transaction: none is made on a state that has moved.
 */

/** Bounds of intake, from the configuration; milliseconds. */
export interface StorePolicy {
  readonly dedupWindowMs: number;
  readonly groupWaitMs: number;
  /** How long a fault of a type stands before anybody is told; a type that is not there: told at once. */
  readonly pendingMs: Readonly<Record<string, number>>;
  readonly reopenWindowMs: number;
  readonly clearAfterMs: number;
  readonly maxOpenFaultsPerCluster: number;
  readonly storm: StormPolicy;
  readonly fleet: FleetPolicy;
  /** At first contact, faults that have stood longer than this are taken up quietly. */
  readonly quietAfterMs: number;
  /** What is a secret in the words of a fault, beside the built-in rules: regular expressions, and literals. */
  readonly redact: { readonly patterns: readonly string[]; readonly secrets: readonly string[] };
  /** How long the first message of an incident waits for its answer; 0: not at all. */
  readonly firstWaitMs: number;
  /** How many runs go on at once. */
  readonly runLimits: RunLimits;
  /** Who gets messages; one outbox row each. */
  readonly targets: readonly DeliveryTarget[];
}

/** What intake knows of a received fault when it asks for its outcome. */
export interface SettleInput {
  readonly seq: number;
  readonly owner: OwnerRef;
  readonly node: string | null;
  /** Zone of that node, when known. */
  readonly zone?: string | null;
  readonly cluster: ClusterPolicy;
}

export interface ClusterPolicy {
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly severityThreshold: Severity;
  readonly triageEnabled: boolean;
  readonly triageDisabledReason: string | null;
}

export interface Settled {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly rule: string | null;
  readonly incidentId: string | null;
}

/** What a sweep says of a fault that stood before it. */
export type Observation = 'active' | 'absent' | 'healthy' | 'unknown';

export interface SweepReport {
  readonly cluster: string;
  /** When the sweep began to read, ms since the epoch: what was received later is newer than what it saw. */
  readonly at: number;
  /** Some lists could not be read: the cluster was not seen whole. */
  readonly partial?: boolean;
  /** The server's own name for the cluster, part of the ids of the findings; kept for the next process. */
  readonly serverCluster?: string;
  readonly findings: readonly FaultSignal[];
  /** One entry for each active fault that the sweep could say something about. */
  readonly observations: readonly { readonly episodeId: number; readonly observation: Observation }[];
}

export interface SweepAccepted {
  /** Findings that did not stand at the sweep before, or were held back then and are not now: each is a reception. */
  readonly received: number;
  readonly cleared: number;
  readonly firstContact: boolean;
}

export interface IntakeStore extends AlertStore {
  /** Journals what a source delivered. The receptions wait for `settle`. */
  accept(signals: readonly (FaultSignal | InvalidSignal)[], at: number): Promise<void>;
  /** Counts notifications that were thrown away over the rate limit, outcome `throttled`. */
  countThrottled(cluster: string, count: number, at: number): Promise<void>;
  /**
   * `policy` is what holds for the cluster now, when it is known: active faults that were held back before and are not
   * any more are received again.
   */
  acceptSweep(report: SweepReport, policy?: ClusterPolicy | null): Promise<SweepAccepted>;
  /** Receptions without an outcome, oldest first; without those of `except`, and what waits for later than `at`. */
  unsettled(limit: number, except?: readonly string[], at?: number): Promise<readonly Reception[]>;
  /** When the next reception that waits for a later time than `at` is due; null when there is none. */
  nextUnsettled(at: number): Promise<number | null>;
  settle(inputs: readonly SettleInput[], at: number): Promise<readonly Settled[]>;
  /** Episodes of a cluster that have not cleared. */
  activeFaults(cluster: string): Promise<readonly FaultEpisode[]>;
  /** The server's own name for a cluster, as the last sweep knew it; empty when none did. */
  serverCluster(cluster: string): Promise<string>;
  resolveIncident(id: string, reason: string, at: number): Promise<Incident | null>;
  /** Closes incidents of clusters that are not in the list (reason `cluster_removed`). */
  closeRemovedClusters(configured: readonly string[], at: number): Promise<number>;
  /** Decisions go by these bounds from the next request on. */
  setPolicy(policy: StorePolicy): Promise<void>;
  /** Ends the storms that took nothing in for long enough; gives how many. */
  endStorms(at: number): Promise<number>;
}

export interface RunClaim extends GroupViews {
  readonly run: Run;
  readonly incident: Incident;
  readonly faults: readonly FaultEpisode[];
}

export interface RunStore {
  /**
   * Starts the next due run within the limits: severity first, then the cluster served longest ago, then age. Marks run
   * and incident as started and makes the outcomes of its faults final. Null when nothing is due or no slot is free.
   */
  claimRun(limits: RunLimits, at: number): Promise<RunClaim | null>;
  /** When the next queued run may start (ms since the epoch), of those later than `after`; null when none waits. */
  nextRunDue(after?: number): Promise<number | null>;
  /**
   * Ends a run; the incident becomes `reported` or `failed` and its messages are put into the outbox. `end` is what the
   * breaker of its agent hears, null for the built-in analyst.
   */
  finishRun(runId: string, result: RunResult, at: number, end?: AgentEnd | null): Promise<Incident>;
  /** Gives a running run back to the queue (stop, or start after a crash). */
  returnRun(runId: string, at: number): Promise<void>;
  /** At start: every running run goes back to the queue. */
  recoverRuns(at: number): Promise<number>;
  /** Asks for another run of an incident, by hand. */
  requestRun(incidentId: string, trigger: RunTrigger, at: number): Promise<Run>;
  /** Opens (or finds) the incident of an object and asks for a run, by hand. */
  triageByHand(request: ManualRequest, at: number): Promise<{ incident: Incident; run: Run }>;
}

export interface ManualRequest extends Omit<SettleInput, 'seq'> {
  readonly signal: FaultSignal;
}

export interface DeliveryClaim extends GroupViews {
  readonly delivery: Delivery;
  readonly incident: Incident | null;
  readonly faults: readonly FaultEpisode[];
  readonly runs: readonly Run[];
  readonly acts?: readonly IncidentAct[];
  readonly post: RemotePost | null;
  /** The newest message about the same incident that arrived there, null before the first. */
  readonly previous: Delivery | null;
  /** Runs that will start before this incident's. */
  readonly queuedAhead: number;
}

/** How an attempt to deliver ended. */
export type DeliveryResult =
  | { readonly kind: 'sent'; readonly post: RemotePost | null }
  | {
      readonly kind: 'retry';
      readonly notBefore: number;
      readonly error: string;
      /** True when this attempt may have arrived (cut off while answering): the delivery becomes `uncertain`. */
      readonly uncertain?: boolean;
      /** The post, when it was made and only a later part failed; kept as with `sent`. */
      readonly post?: RemotePost;
    }
  | { readonly kind: 'dead'; readonly error: string };

export interface DeliveryStore {
  /**
   * Takes due messages of a target and marks them `sending`; older ones of the same incident become `superseded`, and
   * when one of those was `uncertain`, so is the one that is taken. Nothing of an incident that is being sent is taken.
   */
  claimDeliveries(target: DeliveryTarget, limit: number, at: number): Promise<readonly DeliveryClaim[]>;
  nextDeliveryDue(target: DeliveryTarget): Promise<number | null>;
  finishDelivery(id: string, result: DeliveryResult, at: number): Promise<void>;
  /** At start: messages that were being sent become pending and `uncertain`. */
  recoverDeliveries(at: number): Promise<number>;
  /** Messages of a target that wait for their next attempt are due now: the way there was changed. How many. */
  retryDeliveries(target: DeliveryTarget, at: number): Promise<number>;
  /** Puts a notice into the outbox of every target, once a key. */
  notice(kind: NoticeKind, notice: Notice, at: number): Promise<void>;
  /** Clusters of which people were told that they are unreachable, and not yet that they are back. */
  notifiedUnreachable(): Promise<readonly NotifiedUnreachable[]>;
}

/** `since`: when the outage began, ms since the epoch; `key`: of the notice that told it. */
export interface NotifiedUnreachable {
  readonly cluster: string;
  readonly since: number;
  readonly key: string;
}

export interface IncidentDetail extends GroupViews {
  readonly incident: Incident;
  readonly faults: readonly FaultEpisode[];
  readonly runs: readonly Run[];
  /** What people did with it, the oldest first; left out where nobody did anything. */
  readonly acts?: readonly IncidentAct[];
}

/** A page of a listing, newest first; `next` is the value of `before` for the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface ListedFault {
  readonly reception: Reception;
  readonly episode: FaultEpisode | null;
}

/** `before` is the `next` of the page before. */
interface PageQuery {
  readonly cluster?: string;
  readonly limit: number;
  readonly before?: string;
}

export interface IncidentQuery extends PageQuery {
  readonly status?: IncidentStatus;
}

export interface FaultQuery extends PageQuery {
  readonly outcome?: Outcome;
}

/** Reading only; also offered by a second process beside a running daemon. */
export interface StateReader extends HistoryReader {
  /** Newest first. Of an incident's faults and runs at most 500 each. */
  incidents(query: IncidentQuery): Promise<Page<IncidentDetail>>;
  incident(id: string): Promise<IncidentDetail | null>;
  faults(query: FaultQuery): Promise<Page<ListedFault>>;
  /** Every reception about an object, about what it owns or about its pods, newest first. Kind without regard to case. */
  why(cluster: string, ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): Promise<readonly ListedFault[]>;
  counters(): Promise<Counters>;
  agentBreakers(): Promise<readonly AgentBreaker[]>;
  silences: SilenceStore['silences'];
  /** What agents spent by day, cluster and agent, newest day first; at most 10,000 rows. */
  spend(query: SpendQuery): Promise<readonly DailySpend[]>;
  close(): Promise<void>;
}

/** A row that changed, told after the commit. */
export type StoreChange =
  | { readonly type: 'fault'; readonly cluster: string; readonly fault: ListedFault }
  | { readonly type: 'incident'; readonly cluster: string; readonly incident: Incident }
  | { readonly type: 'run'; readonly cluster: string; readonly run: Run }
  | { readonly type: 'delivery'; readonly cluster: string | null; readonly delivery: Delivery }
  | SilenceChange
  | FeedbackChange
  | QuestionChange;

export interface StateStore
  extends
    IntakeStore,
    RunStore,
    AgentStore,
    UploadStore,
    SilenceStore,
    OrderStore,
    RetentionStore,
    DeliveryStore,
    PostStore,
    QuestionStore,
    FeedbackStore,
    ConnectionStore,
    StateReader {
  /** Listeners are called after each commit, in order. Returns the function that takes the listener away. */
  onChange(listener: (changes: readonly StoreChange[]) => void): () => void;
}

/** Nothing can be written now: full disk, read-only file system, broken file. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}
