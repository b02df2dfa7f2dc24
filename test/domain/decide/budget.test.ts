import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentBudget } from '../../../src/domain/agent-limits.ts';
import {
  type BudgetFacts,
  dayOf,
  decideBudget,
  decideQuestionBudget,
  hourOf,
  type QuestionBudgetFacts,
  usedUp,
} from '../../../src/domain/decide/budget.ts';
import { startOfTime as at } from '../../support/signals.ts';
import { agentBudget } from '../../support/triage-bench.ts';

const hour = 3_600_000;
const nothing: BudgetFacts = {
  earlier: { usd: 0, tokens: 0 },
  starts: [],
  clusterStarts: [],
  day: { usd: 0, held: 0 },
  clusterDay: { usd: 0, held: 0 },
};
const none: AgentBudget = {
  usdPerRun: 0,
  tokensPerRun: 0,
  usdPerDay: 0,
  usdPerClusterDay: 0,
  runsPerHour: 0,
  runsPerClusterHour: 0,
  usdPerQuestion: 0,
  tokensPerQuestion: 0,
  questionsPerHour: 0,
};
const starts = (count: number): number[] => Array.from({ length: count }, (_, index) => at - index * 60_000);

describe('INT-4: what a run may spend is what is left of the tightest limit', () => {
  test.each<[string, Partial<BudgetFacts>, Partial<AgentBudget>, { usd: number | null; tokens: number | null }]>([
    ['nothing was spent', {}, {}, { usd: 2, tokens: 2_000_000 }],
    ['an earlier attempt spent', { earlier: { usd: 0.5, tokens: 500_000 } }, {}, { usd: 1.5, tokens: 1_500_000 }],
    ['the day is nearly over budget', { day: { usd: 49, held: 0 } }, {}, { usd: 1, tokens: 2_000_000 }],
    ['the cluster is nearly', { clusterDay: { usd: 19.5, held: 2 } }, {}, { usd: 0.5, tokens: 2_000_000 }],
    ['a run has no limit', {}, { usdPerRun: 0, tokensPerRun: 0 }, { usd: 20, tokens: null }],
    ['nothing has a limit', { day: { usd: 1e6, held: 0 }, starts: starts(500) }, none, { usd: null, tokens: null }],
  ])('when %s', (_name, facts, change, budget) => {
    expect(decideBudget(agentBudget(change), { ...nothing, ...facts }, at)).toEqual({ kind: 'within', budget });
  });
});

describe('INT-4: over a limit it is said which, how much, since when, and when it is free again', () => {
  test.each<[Partial<BudgetFacts>, Partial<AgentBudget>, string]>([
    [
      { starts: starts(3) },
      { runsPerHour: 3 },
      'runs_per_hour: 3 of 3 runs since 2026-11-20 08:58:00Z, free again at 2026-11-20 09:58:00Z',
    ],
    [
      { clusterStarts: starts(1) },
      { runsPerClusterHour: 1 },
      'runs_per_cluster_hour: 1 of 1 runs since 2026-11-20 09:00:00Z, free again at 2026-11-20 10:00:00Z',
    ],
    [
      { day: { usd: 50.12, held: 0 } },
      {},
      'usd_per_day: $50.12 of $50.00 since 2026-11-20 00:00:00Z, free again at 2026-11-21 00:00:00Z',
    ],
    [
      { clusterDay: { usd: 20, held: 4 } },
      {},
      'usd_per_cluster_day: $20.00 of $20.00 since 2026-11-20 00:00:00Z, $4.00 of it held by agents at work, free again at 2026-11-21 00:00:00Z',
    ],
    [{ earlier: { usd: 2.5, tokens: 9 } }, {}, 'usd_per_run: $2.50 of $2.00 by earlier attempts of this run'],
    [
      { earlier: { usd: 0, tokens: 2_000_000 } },
      {},
      'tokens_per_run: 2000000 of 2000000 by earlier attempts of this run',
    ],
  ])('%j with %j', (facts, change, detail) => {
    expect(decideBudget(agentBudget(change), { ...nothing, ...facts }, at)).toEqual({ kind: 'over', detail });
  });
});

test('INT-4: a run is never given more than any limit has left', () => {
  const money = fc.double({ min: 0, max: 100, noNaN: true });
  const sums = fc.record({ run: money, day: money, clusterDay: money, limits: fc.array(money, { minLength: 3 }) });
  fc.assert(
    fc.property(sums, ({ run, day, clusterDay, limits }) => {
      const [usdPerRun = 0, usdPerDay = 0, usdPerClusterDay = 0] = limits;
      const facts = { ...nothing, earlier: { usd: run, tokens: 0 }, day: { usd: day, held: 0 } };
      const budget = agentBudget({ usdPerRun, usdPerDay, usdPerClusterDay });
      const decision = decideBudget(budget, { ...facts, clusterDay: { usd: clusterDay, held: 0 } }, at);
      const pairs = [
        [usdPerRun, run],
        [usdPerDay, day],
        [usdPerClusterDay, clusterDay],
      ] as const;
      const over = pairs.some(([limit, spent]) => limit > 0 && spent >= limit);
      expect(decision.kind).toBe(over ? 'over' : 'within');
      const given = decision.kind === 'over' ? 0 : (decision.budget.usd ?? 0);
      const passed = pairs.filter(([limit, spent]) => given > 0 && limit > 0 && spent + given > limit + 1e-9);
      expect(passed).toEqual([]);
    }),
  );
});

test('a day is one of UTC; starts of the last hour count, and those of a clock that was ahead for an hour at most', () => {
  expect(dayOf(at)).toEqual({ start: Date.UTC(2026, 10, 20), end: Date.UTC(2026, 10, 21) });
  expect(dayOf(dayOf(at).end)).toMatchObject({ start: dayOf(at).end });
  expect(hourOf(at)).toEqual({ after: at - hour, until: at + hour });
});

test.each([
  [1.99, 100, { usd: 2, tokens: 200 }, null],
  [2, 100, { usd: 2, tokens: 200 }, '$2.00 of the $2.00 that the run could spend'],
  [0, 200, { usd: 2, tokens: 200 }, '200 of the 200 tokens that the run could use'],
  [99, 1e9, { usd: null, tokens: null }, null],
])('INT-4: a run that spent %d dollars and %d tokens of %j', (usd, input, budget, said) => {
  const spent = { answers: 1, usd, unpriced: 0, tokens: { input, cached: 0, output: 0 } };
  expect(usedUp(spent, budget)).toBe(said);
});

const unasked: QuestionBudgetFacts = {
  starts: [],
  day: { usd: 0, held: 0 },
  clusterDay: { usd: 0, held: 0 },
  questionsDay: { usd: 0, held: 0 },
  questionsClusterDay: { usd: 0, held: 0 },
};

describe('INT-4, NOT-5: a question has a budget of its own, and leaves half of the day to investigations', () => {
  test.each<[string, Partial<QuestionBudgetFacts>, Partial<AgentBudget>, number | null]>([
    ['nothing was spent', {}, {}, 0.5],
    ['the day is nearly over budget', { day: { usd: 49.75, held: 0 } }, {}, 0.25],
    ['questions have nearly used their half', { questionsDay: { usd: 24.75, held: 0 } }, {}, 0.25],
    ['and in the cluster', { questionsClusterDay: { usd: 9.875, held: 0 } }, {}, 0.125],
    ['a question has no limit', {}, { usdPerQuestion: 0 }, 10],
    ['nothing has one', { questionsDay: { usd: 1e6, held: 0 }, starts: starts(500) }, none, null],
  ])('when %s', (_name, facts, change, usd) => {
    expect(decideQuestionBudget(agentBudget(change), { ...unasked, ...facts }, at)).toMatchObject({
      kind: 'within',
      budget: { usd },
    });
  });

  test.each<[Partial<QuestionBudgetFacts>, string]>([
    [{ starts: starts(30) }, 'questions_per_hour: 30 of 30 questions since 2026-11-20 08:31:00Z'],
    [{ day: { usd: 50, held: 1 } }, 'usd_per_day: $50.00 of $50.00'],
    [{ clusterDay: { usd: 20, held: 0 } }, 'usd_per_cluster_day: $20.00 of $20.00'],
    [{ questionsDay: { usd: 25, held: 0 } }, 'half of usd_per_day, for questions: $25.00 of $25.00'],
    [{ questionsClusterDay: { usd: 11, held: 0 } }, 'half of usd_per_cluster_day, for questions: $11.00 of $10.00'],
  ])('over a limit it is said which: %j', (facts, said) => {
    const decision = decideQuestionBudget(agentBudget(), { ...unasked, ...facts }, at);
    expect(decision).toMatchObject({ kind: 'over', detail: expect.stringContaining(said) as string });
  });
});
