import type { Registry } from 'prom-client';
import type { AgentStore } from '../domain/agent-limits.ts';
import type { AgentGateway } from '../domain/agent-gateway.ts';
import type { AgentRunner, Analyst, ArtifactStore, PermissionDirectory } from '../domain/ports.ts';
import type { StateReader, RunStore, StateStore } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import { every } from '../lib/every.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';
import { agentSchema } from './config.ts';
import { triageMetrics } from './metrics.ts';
import { createPipeline, type TriageSettings } from './pipeline.ts';
import { Scheduler } from './scheduler.ts';
import { pruneWorkspaces } from './workspace/workspace.ts';

export interface TriageOptions {
  readonly store: RunStore & AgentStore & Pick<StateStore, 'onChange'> & Pick<StateReader, 'counters'>;
  readonly analyst: Analyst;
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
}

/** How often old workspaces are deleted, ms. */
const pruneIntervalMs = 3_600_000;

/** Triage as one part: scheduler, pipeline, workspaces. */
export function createTriage(options: TriageOptions): Triage {
  const { store, settings, clock, registry } = options;
  const logger = options.logger.child({ component: 'triage' });
  const metrics = triageMetrics(registry, {
    agents: agentSchema.shape.cli.unwrap().options,
    slots: () => settings().limits.maxConcurrent,
    queued: async () => (await store.counters()).queuedRuns,
    breakers: async () => (await store.counters()).breakers,
  });
  const pipeline = createPipeline({ ...options, logger, metrics });
  const limits = () => settings().limits;
  const scheduler = new Scheduler({ store, limits, pipeline, clock, logger, metrics });
  const pruner = every(
    {
      clock,
      intervalMs: pruneIntervalMs,
      atOnce: true,
      failed: (error) => logger.warn({ error: errorText(error) }, 'old workspaces could not be deleted'),
    },
    async () => {
      const { workspaces, workspaceRetentionMs } = settings();
      const removed = await pruneWorkspaces(workspaces, clock.now() - workspaceRetentionMs, scheduler.runningIds());
      if (removed > 0) logger.info({ removed }, 'old workspaces were deleted');
    },
  );
  return {
    async start() {
      await options.gateway.endAbandoned();
      const ended = await options.endAbandoned();
      if (ended > 0) logger.warn({ processes: ended }, 'agents of an earlier process were ended');
      await scheduler.start();
      pruner.start();
    },
    async stop(withinMs) {
      void pruner.stop();
      await scheduler.stop(withinMs);
    },
    idle: (signal) => scheduler.idle(signal),
  };
}
