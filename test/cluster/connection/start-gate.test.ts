import { describe, expect, test } from 'vitest';
import { StartGate } from '../../../src/cluster/connection/start-gate.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('start gate', () => {
  test('CON-1: bounds what begins together; a slow one gives its place back after its time', async () => {
    const clock = new ManualClock();
    const gate = new StartGate(2, 250, clock);
    const entered: string[] = [];
    const enter = async (name: string): Promise<() => void> => {
      const leave = await gate.enter();
      entered.push(name);
      return leave;
    };
    const first = enter('a');
    void enter('slow');
    void enter('c');
    void enter('d');
    await clock.advance(0);
    expect(entered).toEqual(['a', 'slow']);
    const leave = await first;
    leave();
    leave();
    await clock.advance(0);
    expect(entered).toEqual(['a', 'slow', 'c']);
    await clock.advance(250);
    expect(entered).toEqual(['a', 'slow', 'c', 'd']);
    await clock.advance(1000);
    expect(clock.timers).toBe(0);
  });

  test('CON-1: what may wait lets those go first who wait for a place', async () => {
    const clock = new ManualClock();
    const gate = new StartGate(1, 250, clock);
    await gate.drained();
    await gate.enter();
    await gate.drained();
    const order: string[] = [];
    void gate.enter().then(() => order.push('second'));
    void gate.enter().then(() => order.push('third'));
    void gate.drained().then(() => order.push('what may wait'));
    await clock.advance(0);
    expect(order).toEqual([]);
    await clock.advance(250);
    expect(order).toEqual(['second']);
    await clock.advance(250);
    expect(order).toEqual(expect.arrayContaining(['third', 'what may wait']));
    await clock.advance(250);
    expect(clock.timers).toBe(0);
  });
});
