import { expect, onTestFinished, test } from 'vitest';
import { every, type EveryOptions } from '../../src/lib/every.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clock = new ManualClock();
const failures: string[] = [];

function repeated(turn: (signal: AbortSignal) => void | Promise<void>, more: Partial<EveryOptions> = {}) {
  failures.length = 0;
  const failed = (error: unknown): unknown => failures.push(String(error));
  const one = every({ clock, intervalMs: 1000, failed, ...more }, turn);
  onTestFinished(async () => {
    await one.stop();
    expect(clock.timers).toBe(0);
  });
  return one;
}

test('a turn after each interval, the first after one', async () => {
  let turns = 0;
  const one = repeated(() => void (turns += 1));
  one.start();
  one.start();
  await clock.advance(999);
  expect(turns).toBe(0);
  await clock.advance(1);
  await clock.advance(2000);
  expect(turns).toBe(3);
});

test('the first at once, when asked for', async () => {
  let turns = 0;
  repeated(() => void (turns += 1), { atOnce: true }).start();
  expect(turns).toBe(1);
  await clock.advance(0);
  await clock.advance(1000);
  expect(turns).toBe(2);
});

test('a slow turn never meets the next: the interval begins at its end', async () => {
  const ends: (() => void)[] = [];
  repeated(() => new Promise((resolve) => ends.push(resolve))).start();
  await clock.advance(5000);
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await clock.advance(0);
  await clock.advance(999);
  expect(ends).toHaveLength(1);
  await clock.advance(1);
  expect(ends).toHaveLength(2);
  ends[1]?.();
});

test('a turn that throws is told, and the next one comes', async () => {
  repeated(() => Promise.reject(new Error('boom'))).start();
  await clock.advance(2000);
  expect(failures).toEqual(['Error: boom', 'Error: boom']);
});

test('chance takes from the interval, never adds to it', async () => {
  let turns = 0;
  repeated(() => void (turns += 1), { jitter: 0.2, random: () => 0.5 }).start();
  await clock.advance(899);
  expect(turns).toBe(0);
  await clock.advance(1);
  expect(turns).toBe(1);
});

test('a stop waits for the turn that is going on and tells it; none begins after', async () => {
  let told: AbortSignal | null = null;
  const end = Promise.withResolvers<void>();
  let turns = 0;
  const one = repeated(
    (signal) => {
      told = signal;
      turns += 1;
      return end.promise;
    },
    { atOnce: true },
  );
  one.start();
  let stopped = false;
  const stopping = one.stop().then(() => (stopped = true));
  await clock.advance(10_000);
  expect((told as AbortSignal | null)?.aborted).toBe(true);
  expect(stopped).toBe(false);
  end.resolve();
  await stopping;
  one.start();
  await clock.advance(10_000);
  expect(turns).toBe(1);
});
