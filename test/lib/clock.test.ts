import { expect, test } from 'vitest';
import { delay, systemClock } from '../../src/lib/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('a delay ends when its time has passed', async () => {
  const clock = new ManualClock();
  let done = false;
  const waiting = delay(clock, 1000).then(() => (done = true));
  await clock.advance(999);
  expect(done).toBe(false);
  await clock.advance(1);
  await waiting;
  expect(done).toBe(true);
});

test('an aborted delay rejects with the reason and leaves no timer', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const waiting = delay(clock, 1000, controller.signal);
  controller.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  expect(clock.timers).toBe(0);
  await expect(delay(clock, 1000, controller.signal)).rejects.toThrow('stopping');
});

test('the system clock fires a timer and cancels one', async () => {
  await delay(systemClock, 1);
  let fired = false;
  systemClock.setTimer(() => (fired = true), 1).cancel();
  await delay(systemClock, 5);
  expect(fired).toBe(false);
});
