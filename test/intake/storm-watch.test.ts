import { expect, test } from 'vitest';
import { createStormWatch } from '../../src/intake/storm-watch.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('INT-4: storms are looked at again and again, also after a look that failed', async () => {
  const clock = new ManualClock();
  const looks: number[] = [];
  const endStorms = async (at: number): Promise<number> => {
    looks.push(at);
    if (looks.length === 2) throw new Error('the disk is full');
    return 1;
  };
  const start = clock.now();
  const watch = createStormWatch({ store: { endStorms }, clock, logger: silentLogger });
  watch.start();
  for (let turn = 0; turn < 3; turn += 1) await clock.advance(15_000);
  await watch.stop();
  expect(looks.map((at) => at - start)).toEqual([15_000, 30_000, 45_000]);
});
