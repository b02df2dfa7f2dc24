import type { RunBudget, RunUsage } from '../../domain/agent-gateway.ts';
import type { AgentBudget } from '../../domain/agent-limits.ts';
import type { Runbook } from '../../domain/decide/match-runbooks.ts';
import type { PermissionSnapshot } from '../../domain/permissions.ts';
import type { ConfiguredCluster } from '../../domain/cluster-policy.ts';
import type { AgentChoice, AgentRunEnd, Answer, CheckedVerdict, Evidence, EvidenceFile } from '../../domain/ports.ts';
import type { AnswerSummary } from '../../domain/records.ts';
import type { RunClaim } from '../../domain/state-store.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import type { Verdict } from '../../domain/verdict/verdict.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { FoundDefect } from '../output/defects.ts';
import type { RunEvents } from '../workspace/run-events.ts';
import type { SpendMeter } from '../workspace/spend-meter.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** What a run needs of its cluster's configuration. */
export type RunCluster = Pick<
  ConfiguredCluster,
  'kubeconfig' | 'context' | 'kubectl' | 'allowSecrets' | 'agent' | 'budget'
>;

/** What is known of a run so far; each stage gives the next one more. */
export interface RunContext {
  readonly claim: RunClaim;
  /** Null when it is not configured any more. */
  readonly cluster: RunCluster | null;
  readonly agent: AgentChoice;
  /** `budget` as it holds for the cluster. */
  readonly budget: AgentBudget;
  readonly workspace: Workspace;
  readonly events: RunEvents;
  /** Monotonic, milliseconds. */
  readonly startedAt: number;
  /** Everything that the run reads of its cluster, and that its agent says, goes through it; it knows the run's credentials. */
  readonly redact: Redactor;
  /** Those that fit the incident. */
  readonly runbooks: readonly Runbook[];
  readonly permissions: PermissionSnapshot | null;
  readonly evidence: Evidence | null;
  /** The built-in analyst's answer: the fallback, and what the agent starts from. */
  readonly builtin: Answer | null;
  /** Set when the agent may be started: the `budget` of its gateway, and the `meter` that hears of each answer of a model. */
  readonly admission: { readonly budget: RunBudget; readonly meter: SpendMeter } | null;
  /** How the agent's process ended; null when none was started. */
  readonly agentRun: AgentRunEnd | null;
  /** How often the agent was asked to mend the form of its answer. */
  readonly repairs: 0 | 1;
  /** What the cluster answered the agent itself; claims can be held against it. */
  readonly served: readonly EvidenceFile[];
  /** What the agent used; null when nobody counted. */
  readonly usage: RunUsage | null;
  readonly defects: readonly FoundDefect[];
  readonly delivered: DeliveredAnswer | null;
  /** Link or absolute path of the report. */
  readonly report: string | null;
  /** Whether the artifacts are stored, or wait in the workspace to be stored; null when there are none. */
  readonly artifacts: 'stored' | 'waits' | null;
  /** Stages that threw. */
  readonly failures: readonly StageFailure[];
}

interface StageFailure {
  readonly stage: string;
  readonly error: string;
}

/** The answer that people get. */
export interface DeliveredAnswer {
  readonly outcome: 'answered' | 'fallback';
  readonly markdown: string;
  readonly verdict: Verdict;
  readonly summary: AnswerSummary;
  /** What is shown beside the verdict. */
  readonly findings: Findings;
  /** The report in the words of an agent; null when the rules answered. */
  readonly ownText: string | null;
  readonly checked: CheckedVerdict | null;
}

export interface Stage {
  /** What the events and errors of a run call it. */
  readonly name: 'permissions' | 'evidence' | 'analyst' | 'admission' | 'agent' | 'validate' | 'store' | 'notify';
  run(context: RunContext, signal: AbortSignal): Promise<RunContext>;
}

/** The context with one more failure that did not end the run. */
export function withFailure(context: RunContext, stage: string, text: string): RunContext {
  const error = context.redact.text(text);
  context.events.add('stage_failed', { stage, error });
  return { ...context, failures: [...context.failures, { stage, error }] };
}
