import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { TimeLimitError, timeLimit, withTimeLimit } from '../../src/lib/time-limit.ts';
import { ManualClock } from '../support/manual-clock.ts';

const never = new AbortController().signal;

test('gives what the work gives, and leaves no timer', async () => {
  const clock = new ManualClock();
  expect(await withTimeLimit(clock, 1000, never, () => Promise.resolve(7))).toBe(7);
  await expect(withTimeLimit(clock, 1000, never, () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
  expect(clock.timers).toBe(0);
});

test('ends at the limit, also with work that does not listen', async () => {
  const clock = new ManualClock();
  let told: unknown = null;
  const done = withTimeLimit(clock, 1000, never, (signal) => {
    signal.addEventListener('abort', () => (told = signal.reason));
    return new Promise(() => {});
  });
  const ended = done.catch((error: unknown) => error);
  await clock.advance(999);
  expect(told).toBeNull();
  await clock.advance(1);
  expect(await ended).toBeInstanceOf(TimeLimitError);
  expect(told).toBeInstanceOf(TimeLimitError);
});

test('ends with the outer signal, with its reason', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  let inner: AbortSignal | null = null;
  const done = withTimeLimit(clock, 1000, stop.signal, (signal) => {
    inner = signal;
    return new Promise(() => {});
  });
  stop.abort(new Error('stopped'));
  await expect(done).rejects.toThrow('stopped');
  expect((inner as AbortSignal | null)?.aborted).toBe(true);
  expect(clock.timers).toBe(0);
});

test('a limit of its own reason; letting go takes timer and listener away', async () => {
  const clock = new ManualClock();
  const outer = new AbortController();
  const slow = timeLimit(clock, 1000, outer.signal, () => new Error('silent'));
  const quick = timeLimit(clock, 1000, outer.signal);
  quick.letGo();
  expect(clock.timers).toBe(1);
  expect(getEventListeners(outer.signal, 'abort')).toHaveLength(1);
  await clock.advance(1000);
  expect(slow.signal.reason).toEqual(new Error('silent'));
  expect(quick.signal.aborted).toBe(false);
  expect(outer.signal.aborted).toBe(false);
  slow.letGo();
  expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0);
});

test('work that did not begin for an outer signal that is over still leaves nothing', async () => {
  const clock = new ManualClock();
  const over = AbortSignal.abort(new Error('over'));
  await expect(withTimeLimit(clock, 1000, over, () => new Promise(() => {}))).rejects.toThrow('over');
  expect(clock.timers).toBe(0);
});
