import { describe, expect, test } from 'vitest';
import { Lanes } from '../../../../src/notify/slack/calls/lanes.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const never = new AbortController().signal;

/** Takes turns one after another and gives the time of each, ms from the start. */
async function turns(clock: ManualClock, take: () => Promise<number | null>, count: number): Promise<number[]> {
  const start = clock.now();
  const times: number[] = [];
  const all = (async () => {
    for (let index = 0; index < count; index++) {
      expect(await take()).toBeNull();
      times.push(clock.now() - start);
    }
  })();
  for (let step = 0; step < 2000 && times.length < count; step++) await clock.advance(step === 0 ? 0 : 500);
  await all;
  return times;
}

describe('the pace towards Slack', () => {
  test('NOT-3, UX-14: one post a second in a channel', async () => {
    const clock = new ManualClock();
    const lanes = new Lanes(clock);
    expect(await turns(clock, () => lanes.post('#a', 60_000, never), 4)).toEqual([0, 1000, 2000, 3000]);
  });

  test('channels do not wait for each other', async () => {
    const clock = new ManualClock();
    const lanes = new Lanes(clock);
    expect(await lanes.post('#a', 0, never)).toBeNull();
    expect(await lanes.post('#b', 0, never)).toBeNull();
    expect(await lanes.post('#a', 0, never)).toBe(clock.now() + 1000);
  });

  test('UX-14: 30 edits a minute over a long time, ten at once after a rest', async () => {
    const clock = new ManualClock();
    const lanes = new Lanes(clock);
    const times = await turns(clock, () => lanes.edit('state', 600_000, never), 100);
    expect(times.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0));
    const inMinute = (from: number): number => times.filter((time) => time >= from && time < from + 60_000).length;
    expect(inMinute(60_000)).toBe(30);
    expect(inMinute(120_000)).toBe(30);
  });

  test('progress leaves turns to changes of state', async () => {
    const clock = new ManualClock();
    const lanes = new Lanes(clock);
    for (let index = 0; index < 5; index++) expect(await lanes.edit('progress', 0, never)).toBeNull();
    expect(await lanes.edit('progress', 0, never)).toBeGreaterThan(clock.now());
    for (let index = 0; index < 5; index++) expect(await lanes.edit('state', 0, never)).toBeNull();
    expect(await lanes.edit('state', 0, never)).toBeGreaterThan(clock.now());
  });

  test('NOT-3: a closed lane names the time to ask again, also to who waited in it', async () => {
    const clock = new ManualClock();
    const lanes = new Lanes(clock);
    await lanes.post('#a', 0, never);
    const waiting = lanes.post('#a', 5000, never);
    const until = clock.now() + 60_000;
    lanes.closePosts('#a', until);
    await clock.advance(1000);
    expect(await waiting).toBe(until);
    expect(await lanes.post('#a', 5000, never)).toBe(until);
    expect(await lanes.post('#b', 0, never)).toBeNull();
    lanes.closeAll(until);
    expect(await lanes.edit('state', 0, never)).toBe(until);
    expect(lanes.closedUntil).toBe(until);
  });

  test('a stop ends the wait', async () => {
    const clock = new ManualClock();
    const lanes = new Lanes(clock);
    const stop = new AbortController();
    await lanes.post('#a', 0, stop.signal);
    const waiting = lanes.post('#a', 5000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow('abort');
    expect(clock.timers).toBe(0);
  });
});
