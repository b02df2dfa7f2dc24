import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../src/cluster/connection/token-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('token bucket', () => {
  test('CON-6: as many at once as a second allows, then the rate; an idle time saves up no more', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(10, clock.monotonic());
    const takeAll = (): number => {
      let taken = 0;
      while (bucket.take(clock.monotonic())) taken += 1;
      return taken;
    };
    await clock.advance(60_000);
    expect(takeAll()).toBe(10);
    await clock.advance(500);
    expect(takeAll()).toBe(5);
    await clock.advance(3_600_000);
    expect(takeAll()).toBe(10);
  });
});
