import { describe, expect, test } from 'vitest';
import { Lifecycle, type Part } from '../../../src/app/process/lifecycle.ts';
import type { Logger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = (): Promise<void> => new Promise(() => {});

/** A lifecycle of 10 s over parts that write down what happens to them. */
function bench(changes: Record<string, Partial<Part>> = {}, release?: () => Promise<void>) {
  const said: string[] = [];
  const errors: object[] = [];
  const clock = new ManualClock();
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields) => void errors.push(fields),
    child: () => logger,
  };
  const parts = ['first', 'second', 'third'].map((name): Part => ({
    name,
    start: () => void said.push(`start ${name}`),
    stop: () => void said.push(`stop ${name}`),
    ...changes[name],
  }));
  const lifecycle = new Lifecycle({
    parts,
    release: release ?? (async () => void said.push('release')),
    timeoutMs: () => 10_000,
    clock,
    logger,
  });
  return { lifecycle, said, errors, clock };
}

describe('OPS-5: start and stop', () => {
  test('parts start in order and stop in reverse; what was made goes last', async () => {
    const { lifecycle, said, errors } = bench();
    await lifecycle.start();
    await lifecycle.stop();
    expect(said).toEqual([
      'start first',
      'start second',
      'start third',
      'stop third',
      'stop second',
      'stop first',
      'release',
    ]);
    expect(errors).toEqual([]);
  });

  test('a part starts when the one before it has started', async () => {
    const going = Promise.withResolvers<void>();
    const { lifecycle, said } = bench({ second: { start: () => going.promise } });
    const started = lifecycle.start();
    await waitUntil(() => said.includes('start first'), 'the first part');
    await Promise.resolve();
    expect(said).toEqual(['start first']);
    going.resolve();
    await started;
    expect(said).toEqual(['start first', 'start third']);
  });

  test('it is ready only between a finished start and the beginning of a stop', async () => {
    const { lifecycle } = bench();
    expect(lifecycle.notReady()).toEqual(['starting']);
    const started = lifecycle.start();
    expect(lifecycle.notReady()).toEqual(['starting']);
    await started;
    expect(lifecycle.notReady()).toEqual([]);
    const stopped = lifecycle.stop();
    expect(lifecycle.notReady()).toEqual(['stopping']);
    await stopped;
    expect(lifecycle.notReady()).toEqual(['stopping']);
  });

  test('second calls change nothing', async () => {
    const { lifecycle, said } = bench();
    expect(lifecycle.start()).toBe(lifecycle.start());
    await lifecycle.start();
    expect(lifecycle.stop()).toBe(lifecycle.stop());
    await lifecycle.stop();
    expect(said).toHaveLength(7);
  });

  test('a stop without a start releases what was made', async () => {
    const { lifecycle, said } = bench();
    await lifecycle.stop();
    expect(said).toEqual(['release']);
    await expect(lifecycle.start()).rejects.toThrow('stopped while starting');
    expect(said).toEqual(['release']);
  });
});

describe('OPS-5: a start that fails', () => {
  test.each([
    ['at once', () => Promise.reject(new Error('port in use'))],
    [
      'by throwing',
      () => {
        throw new Error('port in use');
      },
    ],
  ])('%s stops what has started, itself too, and gives the reason', async (_how, start) => {
    const { lifecycle, said } = bench({ second: { start } });
    await expect(lifecycle.start()).rejects.toThrow('port in use');
    expect(said).toEqual(['start first', 'stop second', 'stop first', 'release']);
    expect(lifecycle.notReady()).toEqual(['stopping']);
  });

  test('a stop overtakes a start that hangs: the part gets a moment, then its stop', async () => {
    const stuck = Promise.withResolvers<void>();
    const { lifecycle, said, clock } = bench({
      second: { start: () => stuck.promise, stop: () => stuck.resolve() },
    });
    const started = lifecycle.start();
    started.catch(() => {});
    await waitUntil(() => said.includes('start first'), 'the first part');
    const stopped = lifecycle.stop();
    await clock.advance(999);
    expect(said).toEqual(['start first']);
    await clock.advance(1);
    await stopped;
    expect(said).toEqual(['start first', 'stop first', 'release']);
    await expect(started).rejects.toThrow('stopped while starting');
  });
});

describe('OPS-5: a stop is bounded', () => {
  test('each part is told what is left, less a reserve', async () => {
    const told: number[] = [];
    const { lifecycle, clock } = bench({
      third: {
        stop: async (withinMs) => {
          told.push(withinMs);
          await clock.advance(4000);
        },
      },
      second: { stop: (withinMs) => void told.push(withinMs) },
    });
    await lifecycle.start();
    await lifecycle.stop();
    expect(told).toEqual([9000, 5000]);
  });

  test('a part that hangs is named in the log and left behind; the others still stop', async () => {
    const { lifecycle, said, errors, clock } = bench({ third: { stop: never }, first: { stop: never } });
    await lifecycle.start();
    const stopped = lifecycle.stop();
    await clock.advance(0);
    await clock.advance(9000);
    await waitUntil(() => said.includes('stop second'), 'the part behind it');
    await clock.advance(250);
    await stopped;
    expect(said.slice(3)).toEqual(['stop second', 'release']);
    expect(errors).toEqual([
      { part: 'third', error: 'took longer than 9000 ms' },
      { part: 'first', error: 'took longer than 250 ms' },
    ]);
    expect(clock.monotonic()).toBeLessThan(10_000);
  });

  test('a part that fails is named in the log; the others still stop', async () => {
    const { lifecycle, said, errors, clock } = bench({ second: { stop: () => Promise.reject(new Error('no disk')) } });
    await lifecycle.start();
    await lifecycle.stop();
    expect(said.slice(3)).toEqual(['stop third', 'stop first', 'release']);
    expect(clock.timers).toBe(0);
    expect(errors).toEqual([{ part: 'second', error: 'no disk' }]);
  });

  test('files that cannot be closed do not hold it either', async () => {
    const { lifecycle, errors, clock } = bench({}, never);
    await lifecycle.start();
    const stopped = lifecycle.stop();
    await clock.advance(0);
    await clock.advance(10_000);
    await stopped;
    expect(errors).toEqual([{ part: 'files', error: 'took longer than 10000 ms' }]);
  });
});
