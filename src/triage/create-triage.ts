import path from 'node:path';
import type { Registry } from 'prom-client';
import type { AgentStore } from '../domain/agent-limits.ts';
import type { AgentGateway } from '../domain/agent-gateway.ts';
import type { AskedStore } from '../domain/history.ts';
import type { PermissionDirectory } from '../domain/permissions.ts';
import type { AgentAnswerer, AgentQuestionStore, QuestionAnswerer } from '../domain/question.ts';
import type { KeptReading, RulesAnswerer } from '../domain/questions/kept-incident.ts';
import type { AgentRunner, Analyst, ArtifactStore, UploadStore } from '../domain/ports.ts';
import type { StateReader, RunStore, StateStore } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import { type Every, every } from '../lib/every.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, type Problem } from '../lib/problem.ts';
import { keptOnce, type KeptSources } from '../report/evidence/kept-once.ts';
import { agentSchema } from './config.ts';
import { DiskRoom } from './disk-room.ts';
import { triageMetrics, waitingUploadsGauge } from './metrics.ts';
import { AgentAnswers } from './questions/agent-answers.ts';
import { keepAnswered } from './questions/keep-answered.ts';
import { withAgents } from './questions/with-agents.ts';
import { createPipeline, type TriageSettings } from './pipeline.ts';
import { Scheduler } from './scheduler.ts';
import { Uploads } from './uploads.ts';
import { pruneWorkspaces } from './workspace/workspace.ts';

export interface TriageOptions {
  readonly store: RunStore &
    AgentStore &
    UploadStore &
    AgentQuestionStore &
    AskedStore &
    Pick<StateStore, 'onChange'> &
    Pick<StateReader, 'counters'>;
  /** What is kept of incidents, for questions. */
  readonly reader: KeptSources['reader'];
  readonly analyst: Analyst;
  /** Answers questions without an agent. */
  readonly rules: RulesAnswerer;
  readonly permissions: PermissionDirectory;
  readonly artifacts: ArtifactStore;
  readonly runner: AgentRunner;
  readonly gateway: AgentGateway;
  /** The user that agents in containers are; null: the user of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** One context of a kubeconfig file as a file of its own (null: its current context). */
  readonly flattenKubeconfig: (file: string, context: string | null) => Promise<string>;
  /** Read anew for each decision, so that a reload needs no call. */
  readonly settings: () => TriageSettings;
  /** What runs have written is over its limit: while there is such a problem, runs wait. */
  readonly sizeLimit: { problems(): readonly Problem[] };
  /** Ends agents that outlived an earlier process; resolves to how many. */
  readonly endAbandoned: () => Promise<number>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Triage {
  /** Ends agents of an earlier process, gives interrupted runs back to the queue, starts claiming. */
  start(): Promise<void>;
  /** Runs that go on get most of `withinMs` milliseconds, then they are ended and handed back. Never rejects. */
  stop(withinMs: number): Promise<void>;
  /** Resolves when no run is waiting or going on (`run --once`). */
  idle(signal: AbortSignal): Promise<void>;
  /** What a person has to know of the place where reports go. */
  problems(): readonly Problem[];
  /** Answers what people ask about incidents: an agent where one is configured, else `rules`. */
  readonly questions: QuestionAnswerer;
  /** The agents alone. */
  readonly agents: AgentAnswerer;
}

/** How often old workspaces are deleted, ms. */
const pruneIntervalMs = 3_600_000;

/** Triage as one part: scheduler, pipeline, workspaces. */
export function createTriage(options: TriageOptions): Triage {
  const { store, settings, sizeLimit, clock, registry } = options;
  const logger = options.logger.child({ component: 'triage' });
  const metrics = triageMetrics(registry, {
    agents: agentSchema.shape.cli.unwrap().options,
    slots: () => settings().limits.maxConcurrent,
    queued: async () => (await store.counters()).queuedRuns,
    breakers: async () => (await store.counters()).breakers,
  });
  const pipeline = createPipeline({ ...options, logger, metrics });
  const limits = () => settings().limits;
  const room = new DiskRoom({ folder: () => path.dirname(settings().workspaces), logger });
  const hasRoom = async () => (await room.has()) && sizeLimit.problems().length === 0;
  const scheduler = new Scheduler({ store, limits, pipeline, clock, logger, metrics, hasRoom });
  const uploads = new Uploads({
    store,
    artifacts: options.artifacts,
    workspaces: () => settings().workspaces,
    clock,
    logger,
    onUpload: (result) => metrics.upload(result),
  });
  const answers = new AgentAnswers({ ...options, hasRoom, metrics, logger });
  waitingUploadsGauge(registry, async () => (await store.waitingUploads()).length);
  const pruner = workspacePruner({ settings, clock, logger }, async () =>
    scheduler
      .runningIds()
      .union(answers.runningIds())
      .union(await uploads.runIds()),
  );
  return {
    async start() {
      await options.gateway.endAbandoned();
      const ended = await options.endAbandoned();
      if (ended > 0) logger.warn({ processes: ended }, 'agents of an earlier process were ended');
      await answers.start();
      await scheduler.start();
      uploads.start();
      pruner.start();
    },
    async stop(withinMs) {
      void pruner.stop();
      await Promise.all([scheduler.stop(withinMs), answers.stop(withinMs), uploads.stop()]);
    },
    idle: (signal) => scheduler.idle(signal),
    questions: answerer({ ...options, logger }, answers),
    agents: answers,
    problems: () => [...room.problems(), ...sizeLimit.problems(), ...uploads.problems()],
  };
}

/** The agents, and the rules where they do not answer. What has not waited is asked now, however long an agent is at it. */
function answerer(options: TriageOptions, agents: AgentAnswers): QuestionAnswerer {
  const { rules, clock } = options;
  const reading = (incidentId: string): KeptReading => keptOnce(options, incidentId);
  const both = withAgents({ rules, agents, reading, keep: keepAnswered(options) });
  return { answer: (question, ...rest) => both.answer({ askedAt: clock.now(), ...question }, ...rest) };
}

/** Deletes old workspaces, at the start and every hour; never those of the runs that `needed` names. */
function workspacePruner(
  { settings, clock, logger }: Pick<TriageOptions, 'settings' | 'clock' | 'logger'>,
  needed: () => Promise<ReadonlySet<string>>,
): Every {
  const failed = (error: unknown): void =>
    logger.warn({ error: errorText(error) }, 'old workspaces could not be deleted');
  return every({ clock, intervalMs: pruneIntervalMs, atOnce: true, failed }, async () => {
    const { workspaces, workspaceRetentionMs } = settings();
    const removed = await pruneWorkspaces(workspaces, clock.now() - workspaceRetentionMs, await needed());
    if (removed > 0) logger.info({ removed }, 'old workspaces were deleted');
  });
}
