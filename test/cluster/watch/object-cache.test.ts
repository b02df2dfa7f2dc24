import { expect, test } from 'vitest';
import { cacheLimits, ObjectCache } from '../../../src/cluster/watch/object-cache.ts';
import { isWhole } from '../../../src/cluster/sweep/lists.ts';
import type { ReadFailure } from '../../../src/kube/cluster-reader.ts';
import { ago, container, now, object, pod, warning, wellPod } from '../../support/kube-objects.ts';

const live = () => ({ read: true, live: true, failure: null });
const looping = (name: string) =>
  pod(name, { phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] });

function cacheWith(limits: Partial<typeof cacheLimits> = {}) {
  const changes = { count: 0 };
  const cache = new ObjectCache(
    { ...cacheLimits, ...limits },
    () => now,
    () => void (changes.count += 1),
  );
  const names = (kind: string, namespaces: ReadonlySet<string> | null = null) =>
    (cache.lists(live, namespaces).kinds.get(kind)?.objects ?? []).map(({ metadata }) => metadata.name);
  return { cache, changes, names };
}

test('CON-8: objects are there by kind and namespace, and what changed is told once', () => {
  const { cache, names } = cacheWith();
  cache.set(wellPod('a'));
  cache.set(object('Node', 'n1', { status: {} }));
  cache.set(wellPod('b', {}, { metadata: { namespace: 'other' } }));
  expect(names('Pod')).toEqual(['a', 'b']);
  expect(names('Pod', new Set(['other']))).toEqual(['b']);
  expect(names('Node', new Set(['']))).toEqual(['n1']);
  expect([...cache.takeChanged()].toSorted()).toEqual(['', 'other', 'shop']);
  expect(cache.hasChanged).toBe(false);
});

test('CON-8: an update in which nothing is new for a detector changes nothing', () => {
  const { cache, changes } = cacheWith();
  cache.set(
    object('Node', 'n1', { status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: ago(60) }] } }),
  );
  const before = changes.count;
  cache.set(
    object('Node', 'n1', { status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: ago(1) }] } }),
  );
  expect(changes.count).toBe(before);
  cache.set(object('Node', 'n1', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }));
  expect(changes.count).toBe(before + 1);
});

test('CON-8: what a new list does not bring is gone at its end, not before', () => {
  const { cache, names } = cacheWith();
  for (const name of ['a', 'b', 'c']) cache.set(wellPod(name));
  const list = cache.relist('Pod');
  list.add([wellPod('b')]);
  list.add([wellPod('d')]);
  expect(names('Pod')).toEqual(['a', 'b', 'c', 'd']);
  list.end();
  expect(names('Pod')).toEqual(['b', 'd']);
  cache.clear('Pod');
  expect([names('Pod'), cache.size]).toEqual([[], 0]);
});

test('CON-8: events lie where their object is, and old ones are let go', () => {
  const { cache, names } = cacheWith();
  cache.set(warning('NodeTrouble', object('Node', 'n1'), 'x', { metadata: { namespace: 'default' } }));
  const old = { firstTimestamp: ago(7200), lastTimestamp: ago(7200), metadata: { creationTimestamp: ago(7200) } };
  cache.set(warning('Old', wellPod('a'), 'x', old));
  expect(names('Event', new Set(['']))).toEqual(['n1.NodeTrouble']);
  expect(names('Event')).toEqual(['n1.NodeTrouble']);
});

test('CON-8: over the bound only what is ill is taken in, and then the kind does not count as whole', () => {
  const { cache, names } = cacheWith({ maxPerKind: 2 });
  for (const name of ['a', 'b', 'c']) cache.set(wellPod(name));
  expect(names('Pod')).toEqual(['a', 'b']);
  cache.set(looping('d'));
  expect(names('Pod')).toEqual(['a', 'b', 'd']);
  const list = cache.lists(live, null).kinds.get('Pod');
  expect([list?.truncated, isWhole(list, 'shop')]).toEqual([true, false]);
});

test('CON-8: memory is bounded whatever is in the objects, and there is room again when some are gone', () => {
  const { cache, names } = cacheWith({ maxBytes: 20_000 });
  const large = (name: string) => pod(name, { phase: 'Failed', message: 'x'.repeat(9000) });
  for (const name of ['a', 'b', 'c']) cache.set(large(name));
  expect(names('Pod')).toEqual(['a', 'b']);
  cache.gone(large('a'));
  cache.set(large('c'));
  expect(names('Pod')).toEqual(['b', 'c']);
});

test.each<[string, ReadFailure, number]>([
  ['Pod', 'forbidden', 1],
  ['Ingress', 'forbidden', 0],
  ['Ingress', 'unsupported', 0],
  ['Ingress', 'timeout', 1],
])('CON-8: %s that is %s is told %i times', (wanted, failure, times) => {
  const { cache } = cacheWith();
  const refused = { read: false, live: false, failure: { failure, message: 'no' } };
  const { failures, kinds } = cache.lists((kind) => (kind === wanted ? refused : live()), null);
  expect(failures).toHaveLength(times);
  expect(isWhole(kinds.get(wanted), 'shop')).toBe(false);
});
