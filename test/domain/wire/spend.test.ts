import { expect, test } from 'vitest';
import { dailySpendJson, dailySpendSchema } from '../../../src/domain/wire/spend.ts';

test('TRI-8: what an agent spent on a day is shown as it is summed', () => {
  const row = {
    day: '2026-11-20',
    cluster: 'prod-eu',
    agent: 'claude',
    runs: 2,
    questions: 1,
    answers: 9,
    tokens: { input: 900, cached: 300, output: 100 },
    usd: 0.5,
    unpriced: 1,
  };
  expect(dailySpendJson(row)).toEqual(row);
  expect(dailySpendSchema.strict().parse(dailySpendJson(row))).toEqual(row);
});
