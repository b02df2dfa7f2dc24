import { clockTime, spokenUsd } from '../../lib/format.ts';
import type { RunBudget } from '../agent-gateway.ts';
import type { AgentBudget, Spent } from '../agent-limits.ts';

/* Whether a run may start its agent, and what it may spend (INT-4, TRI-8). Times are ms since the epoch. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Money of one day: what counts as spent, and the part of it that runs which go on may still spend. */
export interface Committed {
  readonly usd: number;
  readonly held: number;
}

/** What was spent and started, as it is in the transaction of the decision. */
export interface BudgetFacts {
  /** What earlier attempts of this run spent. */
  readonly earlier: { readonly usd: number; readonly tokens: number };
  /** When agents were started within the last hour, newest first; as many as the limit at most. */
  readonly starts: readonly number[];
  readonly clusterStarts: readonly number[];
  readonly day: Committed;
  readonly clusterDay: Committed;
}

export type BudgetDecision =
  | { readonly kind: 'within'; readonly budget: RunBudget }
  /** `detail`: which limit, how much, since when, and when it is free again. */
  | { readonly kind: 'over'; readonly detail: string };

/** The day of UTC that a time belongs to, from its beginning to that of the next. */
export function dayOf(at: number): { readonly start: number; readonly end: number } {
  const start = Math.floor(at / dayMs) * dayMs;
  return { start, end: start + dayMs };
}

/**
 * Starts that count for the limits of an hour. Those after `at` were made before the clock was set back; they count until
 * an hour has gone by at the latest.
 */
export function hourOf(at: number): { readonly after: number; readonly until: number } {
  return { after: at - hourMs, until: at + hourMs };
}

/** Whether a run may start its agent now, and with how much. */
export function decideBudget(budget: AgentBudget, facts: BudgetFacts, at: number): BudgetDecision {
  const over =
    tooManyStarts('runs_per_hour', budget.runsPerHour, facts.starts) ??
    tooManyStarts('runs_per_cluster_hour', budget.runsPerClusterHour, facts.clusterStarts) ??
    dayIsSpent('usd_per_day', budget.usdPerDay, facts.day, at) ??
    dayIsSpent('usd_per_cluster_day', budget.usdPerClusterDay, facts.clusterDay, at) ??
    runIsSpent(budget, facts);
  if (over !== null) return { kind: 'over', detail: over };
  const usd = least([
    left(budget.usdPerRun, facts.earlier.usd),
    left(budget.usdPerDay, facts.day.usd),
    left(budget.usdPerClusterDay, facts.clusterDay.usd),
  ]);
  return { kind: 'within', budget: { usd, tokens: left(budget.tokensPerRun, facts.earlier.tokens) } };
}

/** What was spent and started, for the decision about a question. */
export interface QuestionBudgetFacts {
  /** When agents were started for questions within the last hour, newest first; as many as the limit at most. */
  readonly starts: readonly number[];
  readonly day: Committed;
  readonly clusterDay: Committed;
  /** Of the day, what questions have spent. */
  readonly questionsDay: Committed;
  readonly questionsClusterDay: Committed;
}

/** What all questions of a day may use up of its money: the rest is there for investigations. */
const questionsShare = 0.5;

/** Whether an agent may be started for a question now, and with how much. */
export function decideQuestionBudget(budget: AgentBudget, facts: QuestionBudgetFacts, at: number): BudgetDecision {
  const { day, clusterDay, questionsDay, questionsClusterDay } = facts;
  const [dayShare, clusterShare] = [budget.usdPerDay * questionsShare, budget.usdPerClusterDay * questionsShare];
  const over =
    tooManyStarts('questions_per_hour', budget.questionsPerHour, facts.starts, 'questions') ??
    dayIsSpent('usd_per_day', budget.usdPerDay, day, at) ??
    dayIsSpent('usd_per_cluster_day', budget.usdPerClusterDay, clusterDay, at) ??
    dayIsSpent('half of usd_per_day, for questions', dayShare, questionsDay, at) ??
    dayIsSpent('half of usd_per_cluster_day, for questions', clusterShare, questionsClusterDay, at);
  if (over !== null) return { kind: 'over', detail: over };
  const usd = least([
    left(budget.usdPerQuestion, 0),
    left(budget.usdPerDay, day.usd),
    left(budget.usdPerClusterDay, clusterDay.usd),
    left(dayShare, questionsDay.usd),
    left(clusterShare, questionsClusterDay.usd),
  ]);
  return { kind: 'within', budget: { usd, tokens: left(budget.tokensPerQuestion, 0) } };
}

/** What a run has used up of what it might spend, null when something is left. Input tokens from a cache count. */
export function usedUp(spent: Spent, budget: RunBudget): string | null {
  if (budget.usd !== null && spent.usd >= budget.usd) {
    return `${spokenUsd(spent.usd)} of the ${spokenUsd(budget.usd)} that the run could spend`;
  }
  const tokens = spent.tokens.input + spent.tokens.output;
  if (budget.tokens !== null && tokens >= budget.tokens) {
    return `${tokens} of the ${budget.tokens} tokens that the run could use`;
  }
  return null;
}

/** The limit is free again when the oldest of its starts is an hour old. */
function tooManyStarts(name: string, limit: number, starts: readonly number[], noun = 'runs'): string | null {
  const oldest = starts[limit - 1];
  if (limit === 0 || oldest === undefined) return null;
  return `${name}: ${limit} of ${limit} ${noun} since ${clockTime(oldest)}, free again at ${clockTime(oldest + hourMs)}`;
}

function dayIsSpent(name: string, limit: number, { usd, held }: Committed, at: number): string | null {
  if (limit === 0 || usd < limit) return null;
  const { start, end } = dayOf(at);
  const reserved = held > 0 ? `, ${spokenUsd(held)} of it held by agents at work` : '';
  return `${name}: ${spokenUsd(usd)} of ${spokenUsd(limit)} since ${clockTime(start)}${reserved}, free again at ${clockTime(end)}`;
}

/** Earlier attempts of a run count: a daemon that dies again and again must not spend its budget each time. */
function runIsSpent({ usdPerRun, tokensPerRun }: AgentBudget, { earlier }: BudgetFacts): string | null {
  if (usdPerRun > 0 && earlier.usd >= usdPerRun) {
    return `usd_per_run: ${spokenUsd(earlier.usd)} of ${spokenUsd(usdPerRun)} by earlier attempts of this run`;
  }
  if (tokensPerRun > 0 && earlier.tokens >= tokensPerRun) {
    return `tokens_per_run: ${earlier.tokens} of ${tokensPerRun} by earlier attempts of this run`;
  }
  return null;
}

/** Null: no limit. */
function left(limit: number, spent: number): number | null {
  return limit === 0 ? null : Math.max(0, limit - spent);
}

function least(limits: readonly (number | null)[]): number | null {
  const set = limits.filter((limit) => limit !== null);
  return set.length === 0 ? null : Math.min(...set);
}
