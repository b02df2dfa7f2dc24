import { expect, test } from 'vitest';
import { TokenBucket } from '../../../src/lib/work/token-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('lets through what the rate allows, says how long to wait, and keeps no more than a burst', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ count: 10, perMs: 1000 }, clock, 3);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([0, 0, 0, 100]);
  await clock.advance(60);
  expect(bucket.take()).toBe(40);
  await clock.advance(40);
  expect(bucket.take()).toBe(0);
  await clock.advance(60_000);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([0, 0, 0, 100]);
});
