import { expect, test } from 'vitest';
import { TryLimit } from '../../../src/health/access/try-limit.ts';

test('failures of one address, and of all together, are bounded within the window', () => {
  const limit = new TryLimit({ each: 2, all: 3, windowMs: 1000 });
  expect(limit.wait('a', 0)).toBe(0);
  limit.failed('a', 0);
  limit.failed('a', 100);
  expect(limit.wait('a', 200)).toBe(800);
  expect(limit.wait('b', 200)).toBe(0);
  limit.failed('b', 300);
  // Three of anybody: a fourth address waits too, until the first is forgotten.
  expect(limit.wait('c', 400)).toBe(600);
  expect(limit.wait('a', 1050)).toBe(0);
});
