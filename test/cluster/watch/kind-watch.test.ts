import { expect, onTestFinished, test } from 'vitest';
import { StartGate } from '../../../src/cluster/connection/start-gate.ts';
import { KindWatch } from '../../../src/cluster/watch/kind-watch.ts';
import { cacheLimits, ObjectCache } from '../../../src/cluster/watch/object-cache.ts';
import type { WatchEnd } from '../../../src/cluster/watch/reaction.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { openApiAccess } from '../../../src/kube/credential/api-access.ts';
import { kindsToRead } from '../../../src/kube/kinds.ts';
import { collectionLimits } from '../../../src/kube/read/collection.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { wellPod } from '../../support/kube-objects.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { json, WatchedApi } from '../../support/watched-api.ts';

const minute = 60_000;

/** A watch of pods on a clock that the test moves. */
async function watchPods(
  ruin: WatchedApi['ruin'] = () => false,
  before: readonly KubeObject[] = [],
  limits = {},
  listEveryMs: number | null = null,
) {
  const api = await WatchedApi.start();
  api.ruin = ruin;
  for (const one of before) api.set(one);
  const clock = new ManualClock();
  const cache = new ObjectCache(
    cacheLimits,
    () => clock.now(),
    () => {},
  );
  const pods = kindsToRead.find(({ kind }) => kind === 'Pod');
  if (!pods) throw new Error('no pods');
  const ends: WatchEnd[] = [];
  const watch = new KindWatch(pods, {
    cache,
    clock,
    limits: { ...collectionLimits, ...limits },
    listEveryMs,
    random: () => 1,
    backoff: { initialMs: 1000, maxMs: minute },
    lists: new StartGate(8, 10_000, clock),
    onEnd: (_kind, end) => void ends.push(end),
    onSettled: () => {},
    onEvents: () => {},
  });
  const access = await openApiAccess([api.kubeconfig], null, { spawn: spawnProcess, clock: systemClock, env: {} });
  const control = new AbortController();
  const ended = watch.run(access, control.signal).catch((error: unknown) => error);
  onTestFinished(async () => {
    control.abort(new Error('over'));
    await ended;
    await api.close();
  });
  const asked = (count: number) => waitUntil(() => api.count('pods', false) === count, `list ${count}`);
  return { api, clock, cache, watch, ends, asked, control, ended };
}

test('CON-8: a kind that is refused is asked for again after half a minute, then up to five', async () => {
  const { api, clock, watch, ends, asked } = await watchPods(
    (_, response) => (json(response, 403, { message: 'pods is forbidden' }), true),
  );
  for (const [index, seconds] of [30, 60, 120, 240, 300, 300].entries()) {
    await waitUntil(() => ends.length === index + 1, 'the refusal');
    expect(watch.knowledge()).toMatchObject({ read: false, live: false, failure: { failure: 'forbidden' } });
    await waitUntil(() => clock.timers > 0, 'it waits');
    expect(clock.nextTimer).toBe(clock.now() + seconds * 1000);
    await clock.advance(seconds * 1000 - 1);
    expect(api.count('pods', false)).toBe(index + 1);
    await clock.advance(1);
    await asked(index + 2);
  }
  api.ruin = () => false;
  await waitUntil(() => ends.length === 7, 'the refusal');
  await waitUntil(() => clock.timers > 0, 'it waits');
  await clock.advance(5 * minute);
  await waitUntil(() => watch.current && watch.knowledge().live, 'it is watched');
});

test('CON-8: Retry-After is kept to, but no server has us wait for more than five minutes', async () => {
  const { api, clock, ends, asked } = await watchPods(
    ({ before }, response) =>
      before < 2 && (json(response, 429, { message: 'later' }, { 'retry-after': before === 0 ? '20' : '86400' }), true),
  );
  await waitUntil(() => ends.length === 1, 'the first answer');
  await waitUntil(() => clock.timers > 0, 'it waits');
  expect(clock.nextTimer).toBe(clock.now() + 20_000);
  await clock.advance(19_999);
  expect(api.count('pods', false)).toBe(1);
  await clock.advance(1);
  await asked(2);
  await waitUntil(() => ends.length === 2, 'the second answer');
  await waitUntil(() => clock.timers > 0, 'it waits');
  expect(clock.nextTimer).toBe(clock.now() + 5 * minute);
  await clock.advance(5 * minute);
  await asked(3);
});

test('CON-8: what was known counts for half a minute when the watch breaks, but what is missing does not', async () => {
  const { api, clock, cache, watch } = await watchPods();
  api.set(wellPod('a'));
  await waitUntil(() => watch.knowledge().live && cache.size === 1, 'it is watched');
  api.ruin = (_, response) => (json(response, 500, { message: 'x' }), true);
  api.cut();
  await waitUntil(() => !watch.knowledge().live, 'the watch breaks');
  expect(watch.knowledge()).toMatchObject({ read: true, live: false });
  for (let second = 0; second < 31; second += 1) await clock.advance(1000);
  expect(watch.knowledge()).toMatchObject({ read: false, live: false });
  expect(cache.size).toBe(1);
});

test('CON-8: a server that does not end a watch in time is left', async () => {
  const { api, clock, watch, ends } = await watchPods();
  await waitUntil(() => watch.knowledge().live, 'it is watched');
  const before = api.count('pods', true);
  await clock.advance(5 * minute + 15_000);
  await waitUntil(() => ends.includes('timeout'), 'it is given up');
  await waitUntil(() => clock.timers > 0, 'it waits');
  await clock.advance(1000);
  await waitUntil(() => api.count('pods', true) > before, 'a new watch');
  expect(api.count('pods', false)).toBe(1);
});

test('CON-8: large lists come in pages, and what is watched goes on from them', async () => {
  const before = Array.from({ length: 1200 }, (_, index) => wellPod(`p${index}`));
  const { api, cache, watch, control, ended } = await watchPods(() => false, before);
  await waitUntil(() => watch.knowledge().live, 'it is watched');
  expect([cache.size, api.count('pods', false)]).toEqual([1200, 3]);
  const [watched] = api.calls.filter((call) => call.watch);
  expect(watched?.query.get('resourceVersion')).toBe('1300');
  control.abort(new Error('over'));
  expect(await ended).toMatchObject({ message: 'over' });
});

test('CON-8: smaller pages are asked for when answers are too large', async () => {
  const large = { ...wellPod('large'), padding: 'x'.repeat(40_000) };
  const before = Array.from({ length: 100 }, (_, index) => ({
    ...large,
    metadata: { ...large.metadata, name: `p${index}` },
  }));
  const { api, clock, cache, watch, ends } = await watchPods(() => false, before, { pageBytes: 1_000_000 });
  for (const times of [1, 2, 3]) {
    await waitUntil(() => ends.length === times, 'the refusal');
    await waitUntil(() => clock.timers > 0, 'it waits');
    await clock.advance(10_000);
  }
  await waitUntil(() => watch.knowledge().live, 'it is watched');
  expect(cache.size).toBe(100);
  expect(ends).toEqual(['too_large', 'too_large', 'too_large']);
  expect(
    api.calls
      .filter((call) => !call.watch)
      .map(({ query }) => query.get('limit'))
      .slice(0, 3),
  ).toEqual(['500', '125', '31']);
});

test('CON-8: where no watch can be held it is listed at an interval, and what a list does not bring is gone', async () => {
  const [first, second] = [wellPod('first'), wellPod('second')];
  const { api, clock, cache, watch, ends, asked } = await watchPods(() => false, [first], {}, minute);
  await waitUntil(() => watch.knowledge().live, 'it is listed');
  api.set(second);
  api.remove(first);
  await waitUntil(() => clock.timers > 0, 'it waits');
  expect([cache.size, clock.nextTimer]).toEqual([1, clock.now() + minute]);
  await clock.advance(minute);
  await asked(2);
  // It is known as well as before while it is being listed.
  expect(watch.knowledge()).toMatchObject({ read: true, live: true });
  const pods = () =>
    cache
      .lists(() => watch.knowledge(), null)
      .kinds.get('Pod')
      ?.objects.map(({ metadata }) => metadata.name);
  await waitUntil(() => pods()?.join() === 'second', 'what the list brings');
  expect([api.count('pods', true), ends]).toEqual([0, []]);
});

test('CON-8: a list at an interval that fails is repeated with a back-off, and what was known grows old', async () => {
  const { clock, watch, ends, asked } = await watchPods(
    ({ before }, response) => before > 0 && (json(response, 500, { message: 'away' }), true),
    [wellPod('first')],
    {},
    minute,
  );
  await waitUntil(() => watch.knowledge().live, 'it is listed');
  await waitUntil(() => clock.timers > 0, 'it waits');
  await clock.advance(minute);
  await asked(2);
  await waitUntil(() => ends.length === 1, 'the failure');
  expect(watch.knowledge()).toMatchObject({ read: true, live: false });
  await waitUntil(() => clock.nextTimer === clock.now() + 1000, 'the back-off');
  await clock.advance(31_000);
  expect(watch.knowledge()).toMatchObject({ read: false, failure: { failure: 'unreachable' } });
});
