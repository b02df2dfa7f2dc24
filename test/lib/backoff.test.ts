import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from '../../src/lib/backoff.ts';

const policy = { initialMs: 1000, maxMs: 60_000 };

test('CON-3: the delay doubles from one second to sixty', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => backoffDelay(policy, attempt, () => 1));
  expect(ceilings).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('CON-3: jitter takes at most half of the delay away', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delay = backoffDelay(policy, attempt, () => random);
      const ceiling = backoffDelay(policy, attempt, () => 1);
      return delay >= ceiling / 2 && delay <= ceiling;
    }),
  );
});
