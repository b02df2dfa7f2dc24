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
});
