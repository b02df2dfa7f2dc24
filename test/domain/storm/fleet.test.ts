import { expect, test } from 'vitest';
import { beginFleet, shareChannel } from '../../../src/domain/storm/fleet.ts';

const policy = { minClusters: 3, windowMs: 600_000, channels: { pay: '#pay', pay2: '#pay', ops: '#ops' } };
const known = { id: 'flt_1', signature: 'registry r' };
const seen = (clusters: readonly string[], told: readonly number[] = []) =>
  clusters.map((cluster, index) => ({ incidentId: `inc_${index}`, cluster, told: told.includes(index) }));

test('INT-8: a fleet incident begins with the third cluster, not with three incidents of one', () => {
  expect(beginFleet(seen(['a', 'a', 'b']), known, policy, 7)).toBeNull();
  expect(beginFleet(seen(['a', 'a', 'b', 'c']), known, policy, 7)).toEqual({
    ...known,
    lead: 'inc_0',
    startedAt: 7,
    lastAt: 7,
  });
  expect(beginFleet(seen(['a', 'b', 'c']), known, { ...policy, minClusters: 0 }, 7)).toBeNull();
  expect(beginFleet([], known, policy, 7)).toBeNull();
});

test('INT-8: it is told by what was told already, so that nobody gets a message more', () => {
  expect(beginFleet(seen(['a', 'b', 'c'], [1, 2]), known, policy, 7)?.lead).toBe('inc_1');
});

test('INT-8: people of different channels are told each in theirs', () => {
  expect(shareChannel(policy, 'a', 'b')).toBe(true);
  expect(shareChannel(policy, 'pay', 'pay2')).toBe(true);
  expect(shareChannel(policy, 'pay', 'a')).toBe(false);
  expect(shareChannel(policy, 'toString', 'a')).toBe(true);
});
