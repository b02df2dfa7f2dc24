import type { FaultSignal, InvalidSignal, Severity } from './fault.ts';
import type { AnswerSummary } from './records.ts';
import type { Redactor } from '../lib/redact/redact.ts';
import type { SpawnResult } from '../lib/process/spawn.ts';
import type { ClusterPolicy } from './state-store.ts';
import type { Findings } from './verdict/findings.ts';
import type { Entity, Verdict } from './verdict/verdict.ts';

/** A tool of an MCP server, as its answer comes: text blocks and, from some servers, structured content. */
export interface ToolResult {
  readonly text: string;
  readonly structured: unknown;
  readonly isError: boolean;
}

/** Calls a read tool of one cluster's MCP server. Rejects with a `ReadError` that says why there is no answer. */
export interface ToolCaller {
  callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
}

/** One file of evidence: `path` begins with `evidence/`. */
export interface EvidenceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What the collector read of a cluster for one incident. Claims are checked against these files. An analyst may keep more
 * in it than is seen here: who changes nothing hands on the same object.
 */
export interface Evidence {
  readonly files: readonly EvidenceFile[];
  /** What could not be read, one sentence each. */
  readonly missing: readonly string[];
  readonly apiCalls: number;
}

/** What the analyst is asked about: the few things of an incident and its faults that it uses. */
export interface AnalystRequest {
  readonly incidentId: string;
  readonly cluster: string;
  /** The options with which a `kubectl` of a person reaches that cluster and no other; none where it is not known. */
  readonly kubectl: readonly string[];
  readonly title: string;
  /** Incidents of older versions do not say. */
  readonly severity?: Severity;
  /** When the first of its faults began, ms since the epoch. */
  readonly since: number;
  /** The root owner. */
  readonly subject: Entity;
  /** The faulty objects and their owners. */
  readonly related: readonly Entity[];
  /** What was reported, in the words of its source. */
  readonly faults: readonly ReportedFault[];
}

export interface ReportedFault {
  readonly faultType: string;
  readonly resource: Entity;
  readonly context: string;
  /** An alert about something that is measured: that its object is well does not say that it is over. */
  readonly measured?: boolean;
}

/** A finished report in its forms. */
export interface Answer {
  readonly verdict: Verdict;
  /** What it shows beside the verdict. */
  readonly findings: Findings;
  /** `investigation.md`, with the seven sections. */
  readonly markdown: string;
  readonly summary: AnswerSummary;
  /** Texts in the evidence that try to instruct an assistant. */
  readonly flaggedInstructions: readonly { file: string; quote: string }[];
}

/** The verdict of an agent after its claims were held against the evidence. */
export interface CheckedVerdict {
  readonly verdict: Verdict;
  /** One sentence for each claim that was removed or lowered. */
  readonly remarks: readonly string[];
  readonly claimsBacked: number;
  readonly claims: number;
  /** Why the evidence itself rules causes out that are still in the verdict, one sentence for each. */
  readonly refuted: readonly string[];
}

/** The built-in analyst: collector, rules, claim checker, report. Needs no model and no key. */
export interface Analyst {
  /**
   * Never rejects for what a cluster does: what could not be read is in `missing`. Nothing that `redact` takes for a
   * secret is in what it gives.
   */
  collect(request: AnalystRequest, redact: Redactor, signal: AbortSignal): Promise<Evidence>;
  /**
   * The same evidence gives the same answer, as it was collected or read again from its files. Rejects when the answer
   * cannot be worked out.
   */
  analyse(request: AnalystRequest, evidence: Evidence): Promise<Answer>;
  /** `served`: what the cluster answered the agent itself, under `evidence/agent/`; claims may rest on it too. */
  check(verdict: Verdict, evidence: Evidence, served: readonly EvidenceFile[]): Promise<CheckedVerdict>;
}

/** Who investigates, and with what. */
export interface AgentChoice {
  readonly cli: string;
  /** `docker`: in a container, with the gateway as the only thing that it can reach. */
  readonly runner: 'process' | 'docker';
  readonly model: string | null;
  readonly timeoutMs: number;
  /** Program first; empty when the script knows it. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Of the runner `docker`. */
  readonly container: ContainerChoice;
}

export interface ContainerChoice {
  /** A program that speaks docker's command line. */
  readonly engine: string;
  readonly image: string;
  /** `none`, or the name of a network. */
  readonly network: string;
  readonly limits: { readonly memoryBytes: number; readonly cpus: number; readonly pids: number };
}

/** One agent process to run in a workspace. */
export interface AgentJob extends AgentChoice {
  readonly incidentId: string;
  readonly runId: string;
  readonly cluster: string;
  readonly workspace: string;
  /** Folder with the socket of the run's gateway; null when the agent reads the cluster by itself. */
  readonly socketDir: string | null;
  /** Its task, in the workspace. */
  readonly promptFile: 'prompt.md' | 'repair.md';
}

/** What goes wrong around an agent in a container, not in it: each is a defect of the run, and has a code. */
export const engineFaults = [
  /** The engine's program is not on this machine. */
  'engine_absent',
  /** The engine does not answer. */
  'engine_unavailable',
  /** It answered when the run began, and not when it ended. */
  'engine_lost',
  'image_missing',
  /** Another image than one for agents. */
  'image_unsuitable',
  'agent_not_installed',
  'agent_not_executable',
  'container_not_started',
  'container_stopped',
  'container_removed',
  'out_of_memory',
] as const;

export type EngineFaultName = (typeof engineFaults)[number];

export interface EngineFault {
  readonly fault: EngineFaultName;
  readonly detail: string;
}

/** How an agent ended. */
export interface AgentRunEnd extends SpawnResult {
  /** What went wrong around it, in a container. */
  readonly engineFault?: EngineFault | null;
}

/** Runs an agent; never rejects: how it ended is data. */
export interface AgentRunner {
  run(job: AgentJob, signal: AbortSignal): Promise<AgentRunEnd>;
}

export interface ArtifactFile {
  /** Relative path with `/`, no `..`. */
  readonly path: string;
  readonly content: string | Buffer;
  readonly contentType: string;
}

export interface StoredArtifacts {
  /** Address or absolute path of `index.html`; `ArtifactStore.link` makes it one that can be opened. */
  readonly index: string;
  /** Address or absolute path of `investigation.html`, or of the index when there is none. */
  readonly report: string;
}

/** A stored file by the path under which `ArtifactStore.get` gives it. */
export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
}

/** Where reports go: `<cluster>/<incident>/…`, the latest run replaces the one before, all or nothing. */
export interface ArtifactStore {
  put(
    cluster: string,
    incidentId: string,
    files: readonly ArtifactFile[],
    signal: AbortSignal,
  ): Promise<StoredArtifacts>;
  /** One stored file, null when it is not there. */
  get(cluster: string, incidentId: string, path: string): Promise<Buffer | null>;
  /** All stored files but the index, by path; none when nothing is stored. */
  list(cluster: string, incidentId: string): Promise<readonly StoredFile[]>;
  remove(cluster: string, incidentId: string): Promise<void>;
  /** Makes the store ready for use. @throws ProblemError that says why it cannot be used */
  check(signal: AbortSignal): Promise<void>;
  /** What people can open for an address or path that `put` gave: where links end after a time, a fresh one. */
  link(report: string): Promise<string>;
}

/** A report that could not be stored when its run ended; its files are in the workspace of the run. */
export interface WaitingUpload {
  readonly runId: string;
  readonly incidentId: string;
  readonly cluster: string;
  readonly attempts: number;
  /** ms since the epoch, as `notBefore`: the next attempt comes no earlier. */
  readonly createdAt: number;
  readonly notBefore: number;
  /** Why the last attempt failed. */
  readonly error: string | null;
  /** A later run of the incident is going on, and may store its own. */
  readonly busy: boolean;
}

/** Reports that wait to be stored: one row an incident, written by the transaction that ends the run. */
export interface UploadStore {
  /** Oldest first, at most 10,000. */
  waitingUploads(): Promise<readonly WaitingUpload[]>;
  /** An attempt failed. Nothing happens when the report waits no more. */
  delayUpload(runId: string, error: string, notBefore: number): Promise<void>;
  /**
   * The report is stored, at this address: the run and its incident get it, and messages are told anew; null: given up.
   * Nothing happens when the report waits no more, because that of a later run took its place.
   */
  endUpload(runId: string, report: string | null, at: number): Promise<void>;
}

/** Under this name alerts are listed that name no configured cluster; no cluster can have it. */
export const unknownClusterName = '(unknown)';

/** An alert that fires, as its sender says it now. */
export interface FiringAlert {
  readonly signal: FaultSignal;
  /** When it is over unless it is sent again, ms since the epoch. */
  readonly endsAt: number;
}

/** The identity of an alert that its sender calls resolved. */
export interface ResolvedAlert {
  readonly cluster: string;
  readonly faultId: string;
}

/** What one request of an alert sender says; each alert is in it once. */
export interface AlertReport {
  readonly firing: readonly FiringAlert[];
  readonly resolved: readonly ResolvedAlert[];
  readonly invalid: readonly InvalidSignal[];
  /** What holds for its clusters now, where that is known. */
  readonly policies: Readonly<Record<string, ClusterPolicy>>;
}

export interface AlertsAccepted {
  /** Receptions: they wait for their outcome, or have it (`repeated` within the hour, `invalid`, `throttled`). */
  readonly received: number;
  readonly cleared: number;
}

/** Which alerts end because they were not sent again. */
export interface AlertExpiry {
  /** When something last came of each cluster, ms since the epoch: what should have been sent again by then is over. */
  readonly heard: Readonly<Record<string, number>>;
  /** Where nothing comes at all, an alert stands for so much longer, ms. */
  readonly silenceMs: number;
}

/** Which alerts are looked at again: what held them back may have ended, and their sender may not repeat them for hours. */
export interface AlertRelease {
  /** Where the call before ended, 0 for the first of them. */
  readonly after: number;
  /** What holds for each cluster now, where that is known. */
  readonly policies: Readonly<Record<string, ClusterPolicy>>;
}

export interface AlertStore {
  /** Journals what an alert sender delivered, and ends what it calls resolved. */
  acceptAlerts(report: AlertReport, at: number): Promise<AlertsAccepted>;
  /** Ends alerts that were not sent again in time, a bounded number a call; gives how many. */
  expireAlerts(expiry: AlertExpiry, at: number): Promise<number>;
  /**
   * Receives alerts again that stand, have no incident, and are held back by nothing any more: a bounded number a call;
   * gives where the next call begins.
   */
  releaseAlerts(release: AlertRelease, at: number): Promise<number>;
}
