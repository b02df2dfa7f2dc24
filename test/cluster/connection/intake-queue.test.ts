import { describe, expect, test } from 'vitest';
import { IntakeQueue } from '../../../src/cluster/connection/intake-queue.ts';
import type { FaultSignal, InvalidSignal } from '../../../src/domain/fault.ts';
import { signal } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('intake queue', () => {
  test('CON-6: what arrives together is one batch; batches are fair between clusters and bounded', async () => {
    const batches: (readonly (FaultSignal | InvalidSignal)[])[] = [];
    const queue = new IntakeQueue(
      (batch) => {
        batches.push(batch);
        return Promise.resolve();
      },
      () => {},
      { perCluster: 1000, total: 10_000, batch: 10 },
    );
    for (let index = 0; index < 30; index += 1) queue.push(signal({ cluster: 'noisy', pod: `p${index}` }));
    queue.push(signal({ cluster: 'quiet' }));
    await queue.drained();
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 10, 1]);
    expect(batches[0]?.map((one) => one.cluster)).toContain('quiet');
    expect(queue.size).toBe(0);
  });

  test('CON-6: a cluster whose share is full is held until there is room; others are let in', async () => {
    let store: () => void = () => {};
    const room: string[] = [];
    const queue = new IntakeQueue(
      () => new Promise((resolve) => (store = resolve)),
      (cluster) => room.push(cluster),
      { perCluster: 4, total: 8, batch: 2 },
    );
    const pushed = Array.from({ length: 6 }, () => queue.push(signal({ cluster: 'noisy' })));
    expect(pushed).toEqual([true, true, true, false, false, false]);
    expect(queue.push(signal({ cluster: 'quiet' }))).toBe(true);
    await waitUntil(() => queue.size === 5, 'the first batch is taken');
    for (let left = 5; left > 0; left -= 2) {
      store();
      await waitUntil(() => queue.size <= Math.max(0, left - 2), 'the next batch is taken');
    }
    store();
    await queue.drained();
    expect(room).toEqual(['noisy']);
  });

  test('CON-6: over the total, a cluster with next to nothing waiting is still let in', () => {
    const queue = new IntakeQueue(
      () => new Promise(() => {}),
      () => {},
      { perCluster: 100, total: 50, batch: 10 },
    );
    for (let index = 0; index < 60; index += 1) queue.push(signal({ cluster: 'noisy' }));
    expect(queue.push(signal({ cluster: 'noisy' }))).toBe(false);
    expect(queue.push(signal({ cluster: 'quiet' }))).toBe(true);
  });
});
