import { matchRunbooks, type Runbook } from '../domain/decide/match-runbooks.ts';
import type { AgentGateway } from '../domain/agent-gateway.ts';
import type { PermissionDirectory } from '../domain/permissions.ts';
import type { AgentChoice, AgentRunner, Analyst, ArtifactStore } from '../domain/ports.ts';
import type { AgentBudget, AgentStore, BreakerPolicy, RunLimits } from '../domain/agent-limits.ts';
import type { RunClaim, RunStore } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText, problem } from '../lib/problem.ts';
import type { Logger } from '../lib/log.ts';
import { engineFaultProblems, triageProblems } from './errors.ts';
import type { TriageMetrics } from './metrics.ts';
import type { QuestionLimits } from './questions/agent-answers.ts';
import { type RunCluster, type RunContext, type Stage, withFailure } from './stages/run-context.ts';
import { openRunEvents } from './workspace/run-events.ts';
import { agentRedactor } from './workspace/run-secrets.ts';
import { admissionStage } from './stages/admission.ts';
import { agentStage } from './stages/agent.ts';
import { analystStage } from './stages/analyst.ts';
import { evidenceStage } from './stages/evidence.ts';
import { finishStage } from './stages/finish.ts';
import { prepareStage } from './stages/prepare.ts';
import { storeStage } from './stages/store.ts';
import { validateStage } from './stages/validate.ts';
import { type Workspace, openWorkspace, unusableWorkspace } from './workspace/workspace.ts';

/** What triage needs of the configuration; as it is at the start; asked for anew at each run. */
export interface TriageSettings {
  /** `<data_dir>/workspaces`, absolute. */
  readonly workspaces: string;
  readonly limits: RunLimits;
  readonly clusters: ReadonlyMap<string, RunCluster>;
  /** For a cluster that is not configured any more. */
  readonly agent: AgentChoice;
  /** The same. */
  readonly budget: AgentBudget;
  readonly breaker: BreakerPolicy;
  /** `gateway.redact.patterns`, and every secret of the configuration. */
  readonly redact: { readonly patterns: readonly string[]; readonly secrets: readonly string[] };
  readonly runbooks: readonly Runbook[];
  readonly questions: QuestionLimits;
  /** `storage.upload_failed_investigations`. */
  readonly storeFailed: boolean;
  /** `storage.retention.workspaces`, milliseconds. */
  readonly workspaceRetentionMs: number;
}

export interface PipelineOptions {
  readonly store: Pick<RunStore, 'finishRun'> & AgentStore;
  readonly analyst: Analyst;
  readonly permissions: PermissionDirectory;
  readonly artifacts: ArtifactStore;
  readonly runner: AgentRunner;
  readonly gateway: AgentGateway;
  /** The user that agents in containers are; null: the user of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly flattenKubeconfig: (file: string, context: string | null) => Promise<string>;
  readonly settings: () => TriageSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TriageMetrics;
}

/** Works on one claimed run until it is finished in the store. Rejects when `signal` is aborted or it cannot be finished. */
export type Pipeline = (claim: RunClaim, signal: AbortSignal) => Promise<void>;

export function createPipeline(options: PipelineOptions): Pipeline {
  const stages = pipelineStages(options);
  return async (claim, signal) => {
    const { incident, run } = claim;
    const logger = options.logger.child({ cluster: incident.cluster, incident: incident.id, run: run.id });
    const context = await openContext(claim, options, logger);
    try {
      await runStages(stages, context, logger, signal);
    } finally {
      await context.events.close();
    }
  };
}

/** The stages of a run, in order. */
function pipelineStages(options: PipelineOptions): readonly Stage[] {
  const { analyst, artifacts, clock, metrics, settings, permissions, flattenKubeconfig } = options;
  const onUnavailable = (error: unknown): void => {
    metrics.storeFailure();
    options.logger.error(problem(triageProblems.storeUnavailable, errorText(error)), 'a result could not be written');
  };
  return [
    prepareStage({ permissions, flattenKubeconfig, now: () => clock.now() }),
    evidenceStage(analyst, clock),
    analystStage(analyst),
    admissionStage({
      store: options.store,
      breaker: () => settings().breaker,
      now: () => clock.now(),
      onSpend: (agent, spent) => metrics.spent(agent, spent),
    }),
    agentStage(options),
    validateStage(analyst),
    storeStage({
      artifacts,
      clock,
      onUpload: (result) => metrics.upload(result),
      storeFailed: () => settings().storeFailed,
    }),
    finishStage({
      store: options.store,
      clock,
      breaker: () => settings().breaker,
      onUnavailable,
      onEnd: (result, defects) => metrics.ended(result, defects),
    }),
  ];
}

/** A stage that throws costs its own part only: the run goes on with what is there. */
async function runStages(
  stages: readonly Stage[],
  start: RunContext,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let context = start;
  for (const stage of stages) {
    signal.throwIfAborted();
    context.events.add('stage_started', { stage: stage.name });
    try {
      context = await stage.run(context, signal);
    } catch (error) {
      if (signal.aborted) {
        context.events.add('handed_back', { stage: stage.name });
        throw error;
      }
      // A result that is not in the store is no result: the run goes back to the queue.
      if (stage.name === 'notify') throw error;
      context = withFailure(context, stage.name, errorText(error));
    }
  }
  logEnd(context, logger);
}

function logEnd(context: RunContext, logger: Logger): void {
  const { delivered, redact } = context;
  const { defects, failures } = redact.value({ defects: context.defects, failures: context.failures });
  const fields = { outcome: delivered?.outcome ?? 'failed', report: context.report, defects, failures };
  if (delivered === null) {
    const text = failures.find(({ stage }) => stage === 'analyst')?.error ?? 'no answer';
    logger.error({ ...fields, ...problem(triageProblems.analystFailed, text) }, 'run failed');
  } else if (delivered.outcome === 'fallback') {
    const kind = fallbackProblem(context);
    logger.warn({ ...fields, ...problem(kind, kind.title, problemFields(context)) }, 'run fell back');
  } else if (failures.length > 0) {
    logger.warn(fields, 'run ended with failures');
  } else {
    logger.info(fields, 'run ended');
  }
}

function problemFields({ agent }: RunContext): Record<string, string> {
  const { engine, image } = agent.container;
  return { script: 'run-agent.sh', agent: agent.cli, engine, image };
}

function fallbackProblem(context: RunContext) {
  const names = context.defects.map(({ defect }) => defect);
  if (names.includes('breaker_open')) return triageProblems.agentBreakerOpen;
  if (names.includes('over_budget')) return triageProblems.agentOverBudget;
  const fault = context.agentRun?.engineFault;
  if (fault) return engineFaultProblems[fault.fault];
  if (names.includes('not_started')) return triageProblems.agentNotStarted;
  return names.includes('timed_out') ? triageProblems.agentTimedOut : triageProblems.agentDefective;
}

async function openContext(claim: RunClaim, options: PipelineOptions, logger: Logger): Promise<RunContext> {
  const { incident, run } = claim;
  const settings = options.settings();
  let workspace: Workspace;
  let failure: string | null = null;
  try {
    workspace = await openWorkspace(settings.workspaces, incident.id, run.id);
  } catch (error) {
    failure = errorText(error);
    workspace = unusableWorkspace(settings.workspaces, failure);
    const fields = { path: settings.workspaces };
    logger.error(problem(triageProblems.workspaceFailed, failure, fields), 'no workspace for a run');
  }
  const events = await openRunEvents(workspace.path('logs/events.jsonl'), () => options.clock.now());
  events.add('run_started', { run: run.id, incident: incident.id, attempt: run.attempt, trigger: run.trigger });
  const cluster = settings.clusters.get(incident.cluster) ?? null;
  const agent = cluster?.agent ?? settings.agent;
  const budget = cluster?.budget ?? settings.budget;
  const redact = agentRedactor(settings.redact, agent.env);
  const context: RunContext = {
    claim,
    cluster,
    agent,
    budget,
    redact,
    workspace,
    events,
    startedAt: options.clock.monotonic(),
    permissions: null,
    evidence: null,
    builtin: null,
    admission: null,
    agentRun: null,
    served: [],
    usage: null,
    repairs: 0,
    defects: [],
    delivered: null,
    report: null,
    artifacts: null,
    runbooks: matchRunbooks(settings.runbooks, incident, claim.faults),
    failures: [],
  };
  return failure === null ? context : withFailure(context, 'workspace', failure);
}
