import { expect, test } from 'vitest';
import { TimeLimitError, withTimeLimit } from '../../src/lib/time-limit.ts';
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
