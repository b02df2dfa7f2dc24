import { describe, expect, test } from 'vitest';
import { AnswerBudget } from '../../../src/cluster/mcp/answer.ts';

describe('answer budget', () => {
  test('CON-6: small answers always fit, large ones share what there is, and give it back', () => {
    const budget = new AnswerBudget(10_000_000);
    const [first, second, small] = [budget.share(), budget.share(), budget.share()];
    expect(first.grow(8_000_000)).toBe(true);
    expect(second.grow(8_000_000)).toBe(false);
    expect(second.grow(2_000_000)).toBe(true);
    expect(small.grow(200_000)).toBe(true);
    first.release();
    first.release();
    expect(second.grow(9_000_000)).toBe(true);
    second.release();
    expect(budget.used).toBe(0);
  });
});
