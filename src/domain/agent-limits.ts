import type { RunBudget, TokenUse } from './agent-gateway.ts';

/*
 * What holds agents back: how many runs go on at once, their budget, and the circuit breaker of each agent. Times are ms
 * since the epoch, money is US dollars.
 */

/** `budget` of the configuration, as it holds for one cluster. 0: no limit. */
export interface AgentBudget {
  readonly usdPerRun: number;
  readonly tokensPerRun: number;
  /** Over all clusters. A day is one of UTC; a run belongs to the day on which its agent was started. */
  readonly usdPerDay: number;
  readonly usdPerClusterDay: number;
  /** Agents started within any 60 minutes, over all clusters. */
  readonly runsPerHour: number;
  readonly runsPerClusterHour: number;
  /** Of one question that an agent answers. All questions of a day use up half of its money at most. */
  readonly usdPerQuestion: number;
  readonly tokensPerQuestion: number;
  /** Agents started for questions within any 60 minutes, over all clusters. */
  readonly questionsPerHour: number;
}

/** How many runs go on at the same time. */
export interface RunLimits {
  readonly maxConcurrent: number;
  /** Per cluster, with overrides; missing clusters have `defaultPerCluster`. */
  readonly perCluster: Readonly<Record<string, number>>;
  readonly defaultPerCluster: number;
}

/** `circuit_breaker` of the configuration. */
export interface BreakerPolicy {
  /** So many failures in a row open it. */
  readonly failures: number;
  readonly coolDownMs: number;
  /** Whether people are told. */
  readonly notify: boolean;
}

export const breakerStates = ['closed', 'open', 'half_open'] as const;

/**
 * The circuit breaker of one agent (a row).
 *
 * closed ──failures in a row──▶ open ──cool-down over, a run asks──▶ half_open ──its agent worked──▶ closed
 *                                ◀──its agent failed, or the run went back to the queue──┘
 */
export interface AgentBreaker {
  readonly agent: string;
  readonly state: (typeof breakerStates)[number];
  /** In a row. */
  readonly failures: number;
  /** Runs that the analyst answered in the agent's place since the first of these failures. */
  readonly fellBack: number;
  readonly openedAt: number | null;
  /** When a run may try the agent again. */
  readonly retryAt: number | null;
  /** The run that tries it now. */
  readonly probe: string | null;
  /** What the last failure was, one line. */
  readonly reason: string;
  /** Key of the notice that told people, null when they were not told. */
  readonly told: string | null;
}

/** A run that is about to start its agent. */
export interface AgentRequest {
  readonly runId: string;
  readonly agent: string;
  readonly budget: AgentBudget;
  readonly breaker: BreakerPolicy;
}

export type AgentAdmission =
  | {
      readonly kind: 'admitted';
      /** What this run may spend: what is left of the tightest limit. */
      readonly budget: RunBudget;
      /** It is the one run that tries an agent which failed. */
      readonly probe: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: 'over_budget' | 'breaker_open'; readonly detail: string };

/** How the agent of a run ended, for its breaker. `refused`: the breaker did not let that run start one. */
export interface AgentEnd {
  readonly agent: string;
  readonly end: 'worked' | 'failed' | 'refused' | 'not_counted';
  /** What failed, one line. */
  readonly detail: string;
  readonly breaker: BreakerPolicy;
}

/** What the agent of a run has spent so far. */
export interface Spent {
  /** Answers of models. */
  readonly answers: number;
  readonly tokens: TokenUse;
  /** Of the answers that have a price. */
  readonly usd: number;
  /** Answers of models without a price. */
  readonly unpriced: number;
}

export const nothingSpent: Spent = { answers: 0, tokens: { input: 0, cached: 0, output: 0 }, usd: 0, unpriced: 0 };

/** What the agents of a cluster spent on one day of UTC. */
export interface DailySpend extends Spent {
  /** `2026-11-28` */
  readonly day: string;
  readonly cluster: string;
  readonly agent: string;
  /** Times that the agent was started for an investigation. */
  readonly runs: number;
  /** Times that it was started for a question. */
  readonly questions: number;
}

export interface SpendQuery {
  /** Counted from this time on. */
  readonly since: number;
  readonly cluster?: string;
}

export interface AgentStore {
  /**
   * Decides whether a running run may start its agent, and notes that it does: what it may spend counts as spent until
   * the run ends, so that neither runs side by side nor a restart pass a limit.
   */
  admitAgent(request: AgentRequest, at: number): Promise<AgentAdmission>;
  /**
   * What the agent of a run or a question has spent so far, in place of what was written before. Nothing happens when it
   * has ended.
   */
  saveSpend(id: string, spent: Spent): Promise<void>;
}
