import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { agentSchema } from '../../src/triage/config.ts';
import { createPipeline, type Pipeline, type TriageSettings } from '../../src/triage/pipeline.ts';
import { createProcessRunner, endAbandonedAgents } from '../../src/triage/workspace/process-runner.ts';
import { createTriage, type Triage } from '../../src/triage/create-triage.ts';
import { triageMetrics } from '../../src/triage/metrics.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { killMarkedProcesses } from '../../src/lib/process/marked-processes.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import type { AgentBudget, BreakerPolicy } from '../../src/domain/agent-limits.ts';
import type { PermissionSnapshot } from '../../src/domain/permissions.ts';
import type { AgentChoice, AgentRunner, Analyst } from '../../src/domain/ports.ts';
import type { RunClaim } from '../../src/domain/state-store.ts';
import type { Run } from '../../src/domain/records.ts';
import { FakeGateway } from './fake-gateway.ts';
import type { RulesAnswerer } from '../../src/domain/questions/kept-incident.ts';
import type { QuestionLimits } from '../../src/triage/questions/agent-answers.ts';
import { MemoryReader } from './memory-reader.ts';
import { FakeAnalyst } from './fake-analyst.ts';
import { FakeRunStore } from './fake-run-store.ts';
import { MemoryArtifacts } from './memory-artifacts.ts';

const repository = path.join(import.meta.dirname, '..', '..');
export const runAgentScript = path.join(repository, 'scripts/run-agent.sh');
export const agentFixture = (name: string): string => path.join(repository, 'test/fixtures/agents', `${name}.sh`);

/** A configured cluster; its runs get the agent of the bench. */
export interface BenchCluster {
  readonly name: string;
  readonly kubeconfig: string | null;
  readonly context: string | null;
  readonly allowSecrets: boolean;
}

/** The agent that a configuration means. */
export function agentChoice(config: Record<string, unknown> = {}): AgentChoice {
  const { cli, model, timeout, command, env, engine, image, limits } = agentSchema.parse(config);
  const { memory: memoryBytes, cpus, pids } = limits;
  const container = { engine, image, network: 'none', limits: { memoryBytes, cpus, pids } };
  return { cli, runner: 'process', model: model ?? null, timeoutMs: timeout, command, env, container };
}

/** Limits that are far away. */
export function agentBudget(change: Partial<AgentBudget> = {}): AgentBudget {
  return {
    usdPerRun: 2,
    tokensPerRun: 2_000_000,
    usdPerDay: 50,
    usdPerClusterDay: 20,
    runsPerHour: 120,
    runsPerClusterHour: 20,
    usdPerQuestion: 0.5,
    tokensPerQuestion: 500_000,
    questionsPerHour: 30,
    ...change,
  };
}

export const questionLimits: QuestionLimits = { enabled: true, timeoutMs: 60_000, maxConcurrent: 2 };

/** Rules that know one answer. */
export const fixedRules: RulesAnswerer = {
  answer: ({ text }) => Promise.resolve({ text: `By rules: ${text}`, sources: ['incident'], by: 'rules' }),
};

export const breakerPolicy: BreakerPolicy = { failures: 3, coolDownMs: 300_000, notify: true };

export interface TriageBenchOptions {
  readonly clock?: Clock;
  readonly agent?: Record<string, unknown>;
  readonly clusters?: readonly BenchCluster[];
  readonly graceMs?: number;
  readonly runner?: AgentRunner;
  /** In place of the fake one. */
  readonly analyst?: Analyst;
  readonly rules?: RulesAnswerer;
}

/** Triage on a fake store and analyst, with real files, the real script and real processes. */
export class TriageBench {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-triage-'));
  readonly store = new FakeRunStore();
  readonly analyst = new FakeAnalyst();
  readonly artifacts = new MemoryArtifacts();
  readonly gateway = new FakeGateway();
  readonly registry = new Registry();
  readonly clock: Clock;
  settings: TriageSettings;
  snapshot: PermissionSnapshot | null = null;
  /** More lines of the kubeconfig that runs get. */
  kubeconfig = '';
  readonly #runner: AgentRunner;
  readonly #analyst: Analyst;
  readonly #rules: RulesAnswerer;

  constructor(options: TriageBenchOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.settings = {
      workspaces: path.join(this.dir, 'workspaces'),
      limits: { maxConcurrent: 4, perCluster: {}, defaultPerCluster: 1 },
      agent: agentChoice(options.agent),
      budget: agentBudget(),
      breaker: breakerPolicy,
      clusters: new Map(),
      redact: { patterns: [], secrets: [] },
      runbooks: [],
      questions: questionLimits,
      storeFailed: false,
      workspaceRetentionMs: 7 * 86_400_000,
    };
    this.configure(...(options.clusters ?? []));
    this.#analyst = options.analyst ?? this.analyst;
    this.#rules = options.rules ?? fixedRules;
    this.#runner =
      options.runner ??
      createProcessRunner({
        script: () => runAgentScript,
        path: process.env['PATH'] ?? '/usr/bin:/bin',
        spawn: spawnProcess,
        killMarked: killMarkedProcesses,
        graceMs: options.graceMs ?? 300,
      });
  }

  configure(...clusters: readonly BenchCluster[]): void {
    const { agent, budget } = this.settings;
    const configured = new Map(clusters.map((cluster) => [cluster.name, { ...cluster, kubectl: [], agent, budget }]));
    this.settings = { ...this.settings, clusters: configured };
  }

  pipeline(): Pipeline {
    const metrics = triageMetrics(this.registry, {
      agents: ['builtin', 'custom'],
      slots: () => 4,
      queued: () => Promise.resolve(0),
      breakers: () => Promise.resolve([]),
    });
    return createPipeline({ ...this.#parts(), metrics });
  }

  triage(): Triage {
    return createTriage({
      ...this.#parts(),
      registry: this.registry,
      reader: new MemoryReader(),
      rules: this.#rules,
      sizeLimit: { problems: () => [] },
      endAbandoned: () => endAbandonedAgents(this.settings.workspaces, killMarkedProcesses),
    });
  }

  /** Queues and claims one run and takes it through the pipeline. */
  async runOne(signal: AbortSignal = new AbortController().signal): Promise<Run> {
    const claim = await this.claim();
    await this.pipeline()(claim, signal);
    return this.store.run(claim.run.id);
  }

  async claim(): Promise<RunClaim> {
    this.store.add('prod', this.clock.now());
    const limits = { maxConcurrent: 1, perCluster: {}, defaultPerCluster: 1 };
    const claim = await this.store.claimRun(limits, this.clock.now());
    if (claim === null) throw new Error('nothing to claim');
    return claim;
  }

  workspaceOf(run: Run): string {
    return path.join(this.settings.workspaces, run.incidentId, run.id);
  }

  cleanUp(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #parts() {
    return {
      gateway: this.gateway,
      owner: null,
      store: this.store,
      analyst: this.#analyst,
      artifacts: this.artifacts,
      runner: this.#runner,
      clock: this.clock,
      logger: silentLogger,
      settings: () => this.settings,
      permissions: { current: () => this.snapshot, firstAnswer: () => Promise.resolve(this.snapshot) },
      flattenKubeconfig: (file: string, context: string | null) =>
        Promise.resolve(`# ${file} ${context ?? 'current'}\napiVersion: v1\nkind: Config\n${this.kubeconfig}`),
    };
  }
}
