import { describe, expect, test } from 'vitest';
import { SweepSchedule } from '../../../src/cluster/sweep/schedule.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('sweep schedule', () => {
  test('CON-5: the earliest request counts, and is taken once', async () => {
    const clock = new ManualClock();
    const schedule = new SweepSchedule(clock);
    const control = new AbortController();
    let due = 0;
    const loop = (async () => {
      for (;;) {
        await schedule.next(control.signal);
        due += 1;
      }
    })();
    schedule.request(60_000);
    schedule.request(5000);
    schedule.request(30_000);
    await clock.advance(4999);
    expect(due).toBe(0);
    await clock.advance(1);
    expect(due).toBe(1);
    await clock.advance(120_000);
    expect(due).toBe(1);
    schedule.request();
    await clock.advance(0);
    expect(due).toBe(2);
    control.abort(new Error('over'));
    await expect(loop).rejects.toThrow('over');
    expect(clock.timers).toBe(0);
  });

  test('CON-5: who comes when its session is over does not take the place of who waits', async () => {
    const clock = new ManualClock();
    const schedule = new SweepSchedule(clock);
    let due = 0;
    void schedule.next(new AbortController().signal).then(() => (due += 1));
    await expect(schedule.next(AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
    schedule.request();
    await clock.advance(0);
    expect(due).toBe(1);
  });
});
