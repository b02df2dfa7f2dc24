import { expect, test } from 'vitest';
import { RateWindow } from '../../../../src/mcp/palette/api/rate-window.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const never = new AbortController().signal;

/** Asks for turns in order; gives the times at which each was had, monotonic ms. */
function turns(count: number, window: RateWindow, clock: ManualClock): number[] {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) void window.turn(never).then(() => times.push(clock.monotonic()));
  return times;
}

test('no second holds more than ten calls, and none waits longer than it must (PAL-4)', async () => {
  const clock = new ManualClock();
  const window = new RateWindow(clock);
  const times = turns(25, window, clock);
  await clock.advance(0);
  expect(times).toHaveLength(10);
  await clock.advance(999);
  expect(times).toHaveLength(10);
  for (let step = 0; step < 40; step += 1) await clock.advance(100);
  expect(times).toHaveLength(25);
  for (const start of times) {
    expect(times.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(10);
  }
  expect(times.at(-1)).toBeLessThan(2100);
});

test('ten calls that came over time leave room as they leave the second (PAL-4)', async () => {
  const clock = new ManualClock();
  const window = new RateWindow(clock);
  for (let index = 0; index < 10; index += 1) {
    await window.turn(never);
    await clock.advance(50);
  }
  const times = turns(1, window, clock);
  await clock.advance(499);
  expect(times).toEqual([]);
  await clock.advance(1);
  expect(times).toEqual([1000]);
});

test('who gives up leaves the line, and those behind move up', async () => {
  const clock = new ManualClock();
  const window = new RateWindow(clock);
  await Promise.all(Array.from({ length: 10 }, () => window.turn(never)));
  const leaving = new AbortController();
  const left = window.turn(leaving.signal);
  const times = turns(2, window, clock);
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  await clock.advance(1000);
  expect(times).toEqual([1000, 1000]);
});

test('a pause stops everybody, and ends (PAL-4)', async () => {
  const clock = new ManualClock();
  const window = new RateWindow(clock);
  window.pause(3000);
  window.pause(1000);
  const times = turns(2, window, clock);
  await clock.advance(2999);
  expect(times).toEqual([]);
  await clock.advance(1);
  expect(times).toEqual([3000, 3000]);
});
