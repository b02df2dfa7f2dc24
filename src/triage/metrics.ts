import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type AgentBreaker, breakerStates, type Spent } from '../domain/agent-limits.ts';
import type { RunResult } from '../domain/records.ts';
import { type FoundDefect, defects as allDefects } from './output/defects.ts';

export interface TriageMetrics {
  /** A run was claimed; `waitedMs` since it could have started. */
  started(waitedMs: number): void;
  /** A run left the scheduler, however it ended. */
  left(): void;
  ended(result: RunResult, defects: readonly FoundDefect[]): void;
  /** A run was given back to the queue. */
  returned(): void;
  /** The store refused a claim or a result. */
  storeFailure(): void;
  upload(result: 'success' | 'failure'): void;
  /** One answer of a model has ended. */
  spent(agent: string, spent: Spent): void;
  /** A question that an agent could answer has ended, or was not given to it. */
  asked(agent: string, result: (typeof askedResults)[number]): void;
}

const askedResults = ['answered', 'failed', 'refused'] as const;

export interface TriageMetricsOptions {
  readonly agents: readonly string[];
  readonly slots: () => number;
  readonly queued: () => Promise<number>;
  readonly breakers: () => Promise<readonly AgentBreaker[]>;
}

const outcomes = ['answered', 'fallback', 'failed'] as const;

/** Metrics of triage. */
export function triageMetrics(registry: Registry, options: TriageMetricsOptions): TriageMetrics {
  const registers = [registry];
  const running = new Gauge({ name: 'nightcrier_triage_running', help: 'Runs that are going on.', registers });
  queueGauges(registry, options);
  breakerGauge(registry, options);
  const spent = spendMetrics(registry, options.agents);
  const runs = runMetrics(registry, options.agents);
  const named = defectMetrics(registry);
  const wait = new Histogram({
    name: 'nightcrier_triage_queue_wait_seconds',
    help: 'From when a run could start to its start.',
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
    registers,
  });
  const uploads = new Counter({
    name: 'nightcrier_artifact_uploads_total',
    help: 'Attempts to store the artifacts of a run.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['success', 'failure']) uploads.inc({ result }, 0);
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const returned = counter('nightcrier_triage_runs_returned_total', 'Runs that were given back to the queue.');
  const refused = counter('nightcrier_triage_store_failures_total', 'Claims and results that the store refused.');
  return {
    started(waitedMs) {
      running.inc();
      wait.observe(Math.max(0, waitedMs) / 1000);
    },
    left: () => running.dec(),
    ended(result, found) {
      runs.count.inc({ agent: result.agent, result: result.outcome });
      runs.duration.observe({ agent: result.agent }, result.durationMs / 1000);
      for (const { defect } of found) named.inc({ defect });
      if (result.outcome === 'fallback') runs.fallbacks.inc({ reason: found[0]?.defect ?? 'not_started' });
    },
    returned: () => returned.inc(),
    storeFailure: () => refused.inc(),
    upload: (result) => uploads.inc({ result }),
    spent,
    asked: questionCounter(registry, options.agents),
  };
}

function questionCounter(registry: Registry, agents: readonly string[]): TriageMetrics['asked'] {
  const asked = new Counter({
    name: 'nightcrier_agent_questions_total',
    help: 'Questions that an agent could answer, by what came of it; over its limits it is refused, and rules answer.',
    labelNames: ['agent', 'result'],
    registers: [registry],
  });
  for (const agent of agents) {
    if (agent !== 'builtin') for (const result of askedResults) asked.inc({ agent, result }, 0);
  }
  return (agent, result) => asked.inc({ agent, result });
}

function queueGauges(registry: Registry, options: TriageMetricsOptions): void {
  const queue = new Gauge({
    name: 'nightcrier_triage_queue_length',
    help: 'Runs that wait.',
    registers: [],
    async collect() {
      // A scrape must not fail because the store cannot be read.
      this.set(await options.queued().catch(() => Number.NaN));
    },
  });
  const slots = new Gauge({
    name: 'nightcrier_triage_slots',
    help: 'Runs that may go on at the same time.',
    registers: [],
    collect() {
      this.set(options.slots());
    },
  });
  registry.registerMetric(queue);
  registry.registerMetric(slots);
}

/** Reports that could not be stored when their run ended. */
export function waitingUploadsGauge(registry: Registry, waiting: () => Promise<number>): void {
  const gauge = new Gauge({
    name: 'nightcrier_artifact_uploads_waiting',
    help: 'Reports that wait on disk to be stored.',
    registers: [],
    async collect() {
      this.set(await waiting().catch(() => Number.NaN));
    },
  });
  registry.registerMetric(gauge);
}

/** Of the configured agents; one that never failed is closed. */
function breakerGauge(registry: Registry, { agents, breakers }: TriageMetricsOptions): void {
  const gauge = new Gauge({
    name: 'nightcrier_agent_breaker_state',
    help: 'Circuit breaker of each agent: 1 for the state that it is in.',
    labelNames: ['agent', 'state'],
    registers: [],
    async collect() {
      const rows = await breakers().catch(() => []);
      for (const agent of agents) {
        const now = rows.find((row) => row.agent === agent)?.state ?? 'closed';
        for (const state of breakerStates) this.set({ agent, state }, state === now ? 1 : 0);
      }
    },
  });
  registry.registerMetric(gauge);
}

function spendMetrics(registry: Registry, agents: readonly string[]): TriageMetrics['spent'] {
  const registers = [registry];
  const tokens = new Counter({
    name: 'nightcrier_model_tokens_total',
    help: 'Tokens of models that agents used, by kind; cached is a part of input.',
    labelNames: ['agent', 'kind'],
    registers,
  });
  const usd = new Counter({
    name: 'nightcrier_model_usd_total',
    help: 'What agents spent on models, US dollars at list prices.',
    labelNames: ['agent'],
    registers,
  });
  for (const agent of agents) {
    usd.inc({ agent }, 0);
    for (const kind of ['input', 'cached', 'output']) tokens.inc({ agent, kind }, 0);
  }
  return (agent, spent) => {
    for (const kind of ['input', 'cached', 'output'] as const) tokens.inc({ agent, kind }, spent.tokens[kind]);
    usd.inc({ agent }, spent.usd);
  };
}

function runMetrics(registry: Registry, agents: readonly string[]) {
  const registers = [registry];
  const count = new Counter({
    name: 'nightcrier_triage_runs_total',
    help: 'Runs that ended.',
    labelNames: ['agent', 'result'],
    registers,
  });
  for (const agent of agents) for (const result of outcomes) count.inc({ agent, result }, 0);
  const duration = new Histogram({
    name: 'nightcrier_triage_run_duration_seconds',
    help: 'From the start of a run to its result.',
    labelNames: ['agent'],
    buckets: [0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1800],
    registers,
  });
  const fallbacks = new Counter({
    name: 'nightcrier_fallback_reports_total',
    help: "Reports of the built-in analyst in an agent's place, by the first defect.",
    labelNames: ['reason'],
    registers,
  });
  for (const reason of allDefects) fallbacks.inc({ reason }, 0);
  return { count, duration, fallbacks };
}

function defectMetrics(registry: Registry): Counter<'defect'> {
  const counter = new Counter({
    name: 'nightcrier_report_defects_total',
    help: 'What was wrong with the output of agents.',
    labelNames: ['defect'],
    registers: [registry],
  });
  for (const defect of allDefects) counter.inc({ defect }, 0);
  return counter;
}
