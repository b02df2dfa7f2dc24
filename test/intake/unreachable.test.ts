import { expect, test } from 'vitest';
import { UnreachableWatch } from '../../src/intake/unreachable.ts';
import type { ConnectionState, ConnectionStatus } from '../../src/domain/cluster-status.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingIntake } from '../support/recording-intake.ts';

const minute = 60_000;

function watch(clusters: string[]) {
  const clock = new ManualClock();
  const store = new RecordingIntake();
  const states = new Map<string, { state: ConnectionState; since: number }>();
  const set = (cluster: string, state: ConnectionState): void => {
    states.set(cluster, { state, since: clock.now() });
  };
  for (const cluster of clusters) set(cluster, 'active');
  const error = { code: 'NC-CLUSTER-001', message: 'connect ECONNREFUSED', fix: 'start it' };
  const statuses = (): ConnectionStatus[] =>
    [...states].map(([cluster, { state, since }]) => ({
      cluster,
      state,
      since,
      source: 'none',
      lastEvent: null,
      eventCount: 0,
      lastSweep: null,
      reconnects: 0,
      error: state === 'active' ? null : error,
      retryAt: null,
    }));
  const start = (): UnreachableWatch => {
    const outage = new UnreachableWatch({ statuses, store, clock, logger: silentLogger });
    outage.start();
    return outage;
  };
  const outage = start();
  const told = () => store.notices.map(({ kind, notice }) => [kind, notice.clusters.join(' ')]);
  return { clock, store, set, remove: (cluster: string) => states.delete(cluster), told, outage, start };
}

test('NOT-6: a cluster that is unreachable for 10 minutes is told once, and once more when it is back', async () => {
  const { clock, set, told, store } = watch(['a', 'b']);
  await clock.advance(5 * minute);
  const since = clock.now();
  set('a', 'failed');
  await clock.advance(9.5 * minute);
  expect(told()).toEqual([]);
  await clock.advance(2 * minute);
  expect(told()).toEqual([['clusters_unreachable', 'a']]);
  expect(store.notices[0]?.notice.since).toBeLessThanOrEqual(since + 15_000);
  expect(store.notices[0]?.notice.detail).toBe('a: connect ECONNREFUSED (NC-CLUSTER-001)');
  await clock.advance(120 * minute);
  expect(told()).toHaveLength(1);
  const backAt = clock.now();
  set('a', 'active');
  await clock.advance(2 * minute);
  expect(told()).toEqual([
    ['clusters_unreachable', 'a'],
    ['clusters_back', 'a'],
  ]);
  expect(store.notices[1]?.notice.until).toBeGreaterThanOrEqual(backAt);
  await clock.advance(60 * minute);
  expect(told()).toHaveLength(2);
});

test('NOT-6: changes between states that are not active do not begin the outage anew', async () => {
  const { clock, set, told } = watch(['a']);
  for (let at = 0; at < 12; at += 1) {
    set('a', at % 2 === 0 ? 'connecting' : 'failed');
    await clock.advance(minute);
  }
  expect(told()).toEqual([['clusters_unreachable', 'a']]);
});

test('NOT-6: several clusters within a minute are one message, going and coming', async () => {
  const { clock, set, told } = watch(['a', 'b', 'c']);
  set('b', 'failed');
  await clock.advance(30_000);
  set('a', 'disconnected');
  await clock.advance(12 * minute);
  expect(told()).toEqual([['clusters_unreachable', 'a b']]);
  set('a', 'active');
  await clock.advance(30_000);
  set('b', 'active');
  await clock.advance(3 * minute);
  expect(told()[1]).toEqual(['clusters_back', 'a b']);
  expect(told()).toHaveLength(2);
});

test('NOT-6: each return answers the message that told of the outage, and says how many are unreachable still', async () => {
  const { clock, set, store, told } = watch(['a', 'b', 'c']);
  set('a', 'failed');
  set('b', 'failed');
  await clock.advance(12 * minute);
  set('c', 'failed');
  await clock.advance(12 * minute);
  expect(told()).toEqual([
    ['clusters_unreachable', 'a b'],
    ['clusters_unreachable', 'c'],
  ]);
  const [first, second] = store.notices.map(({ notice }) => notice.key);
  set('a', 'active');
  set('c', 'active');
  await clock.advance(2 * minute);
  set('b', 'active');
  await clock.advance(2 * minute);
  expect(store.notices.slice(2).map(({ notice }) => [notice.clusters.join(' '), notice.answers])).toEqual([
    ['a', { key: first, stillUnreachable: 1 }],
    ['c', { key: second, stillUnreachable: 0 }],
    ['b', { key: first, stillUnreachable: 0 }],
  ]);
});

test('NOT-6: a cluster that is back before 10 minutes, or removed, is not mentioned', async () => {
  const { clock, set, remove, told } = watch(['a', 'b']);
  set('a', 'failed');
  set('b', 'failed');
  await clock.advance(9 * minute);
  set('a', 'active');
  remove('b');
  await clock.advance(30 * minute);
  expect(told()).toEqual([]);
});

test('NOT-6: what cannot be stored is told when it can', async () => {
  const { clock, set, store, told } = watch(['a']);
  set('a', 'failed');
  store.full = true;
  await clock.advance(20 * minute);
  expect(told()).toEqual([]);
  store.full = false;
  await clock.advance(minute);
  expect(told()).toEqual([['clusters_unreachable', 'a']]);
});

test('NOT-6: after a stop nothing waits', async () => {
  const { clock, outage } = watch(['a']);
  await clock.advance(minute);
  await outage.stop();
  expect(clock.timers).toBe(0);
});

test('NOT-6: a cluster that stays unreachable over a restart is not told again, and its return is', async () => {
  const { clock, set, told, outage, start } = watch(['a']);
  set('a', 'failed');
  await clock.advance(12 * minute);
  expect(told()).toEqual([['clusters_unreachable', 'a']]);
  await outage.stop();
  set('a', 'connecting');
  const restarted = start();
  await clock.advance(30 * minute);
  expect(told()).toHaveLength(1);
  set('a', 'active');
  await clock.advance(2 * minute);
  expect(told().slice(1)).toEqual([['clusters_back', 'a']]);
  await restarted.stop();
});
