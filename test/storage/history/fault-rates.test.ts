import { expect, test } from 'vitest';
import { minute, signal, startOfTime as start } from '../../support/signals.ts';
import { openTestStore } from '../store-fixture.ts';

test('OPS-3: rates count each cluster, stretch and source, and sum up what is not told apart', async () => {
  const { store } = await openTestStore();
  for (const [cluster, pod, at] of [
    ['a', '1', 0],
    ['a', '2', 1],
    ['b', '3', 2],
    ['a', '4', 11],
    ['c', '5', 12],
  ] as const)
    await store.accept([signal({ cluster, pod })], start + at * minute);
  await store.countThrottled('a', 40, start + minute);
  const query = { since: start, stretchMs: 10 * minute };
  const rate = (cluster: string, at: number, count: number) => ({
    cluster,
    from: start + at * minute,
    source: 'push',
    count,
  });
  expect(await store.faultRates(query)).toEqual([
    rate('a', 0, 42),
    rate('b', 0, 1),
    rate('a', 10, 1),
    rate('c', 10, 1),
  ]);
  expect(await store.faultRates({ ...query, cluster: 'b' })).toEqual([rate('b', 0, 1)]);
  expect(await store.faultRates({ ...query, clusters: 1 })).toEqual([
    rate('', 0, 1),
    rate('a', 0, 42),
    rate('', 10, 1),
    rate('a', 10, 1),
  ]);
  // So many stretches as nobody can draw become longer ones.
  await store.accept([signal({ pod: '9' })], start + 1000 * minute);
  const many = await store.faultRates({ since: start, stretchMs: minute });
  expect(new Set(many.map(({ from }) => from)).size).toBeLessThanOrEqual(401);
  expect(many.reduce((sum, { count }) => sum + count, 0)).toBe(46);
});
