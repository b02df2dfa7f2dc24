import { expect, test } from 'vitest';
import { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import { ReadError } from '../../../src/kube/cluster-reader.ts';

const signal = new AbortController().signal;
const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', ...more },
});

test('an object keeps its uid when it is put again, and every change raises the version', () => {
  const state = new ClusterState();
  const first = state.put(pod('a'));
  const version = state.version;
  const second = state.put({ ...pod('a'), status: { phase: 'Running' } });
  expect(second.metadata.uid).toBe(first.metadata.uid);
  expect(state.version).toBeGreaterThan(version);
  expect(state.find('v1', 'Pod', 'n', 'a')).toMatchObject({ status: { phase: 'Running' } });
  expect(state.put(pod('b', { uid: 'given' })).metadata.uid).toBe('given');
});

test('what is removed is gone', async () => {
  const state = new ClusterState();
  state.put(pod('a'));
  expect(state.remove('v1', 'Pod', 'n', 'a')).toBe(true);
  expect(state.remove('v1', 'Pod', 'n', 'a')).toBe(false);
  expect(await state.get('v1', 'Pod', 'n', 'a', signal)).toBeNull();
});

test('a list is in the order of the API, and says when it is cut', async () => {
  const state = new ClusterState();
  for (const name of ['c', 'a', 'b']) state.put(pod(name));
  const all = await state.list('v1', 'Pod', {}, signal);
  expect(all.items.map((item) => item.metadata.name)).toEqual(['a', 'b', 'c']);
  expect(all.truncated).toBe(false);
  const cut = await state.list('v1', 'Pod', { limit: 2 }, signal);
  expect([cut.items.length, cut.truncated]).toEqual([2, true]);
});

test('a known kind without objects is empty, an unknown one is unsupported, a custom one is known once it is there', async () => {
  const state = new ClusterState();
  expect((await state.list('batch/v1', 'Job', {}, signal)).items).toEqual([]);
  await expect(state.list('nope/v1', 'Nope', {}, signal)).rejects.toThrow(ReadError);
  await expect(state.get('nope/v1', 'Nope', null, 'x', signal)).rejects.toMatchObject({ failure: 'unsupported' });
  state.put({ apiVersion: 'nope/v1', kind: 'Nope', metadata: { name: 'x' } });
  expect((await state.list('nope/v1', 'Nope', {}, signal)).items).toHaveLength(1);
});

test('logs: tail, limit, the run before, and none', async () => {
  const state = new ClusterState();
  state.setLog('n', 'p', 'c', 'one\ntwo\nthree');
  const options = { previous: false, tailLines: 2, limitBytes: 100 };
  expect(await state.logs('n', 'p', 'c', options, signal)).toBe('two\nthree');
  expect(await state.logs('n', 'p', 'c', { ...options, tailLines: 0 }, signal)).toBe('');
  expect(await state.logs('n', 'p', 'c', { ...options, limitBytes: 4 }, signal)).toBe('two\n');
  expect(await state.logs('n', 'p', 'c', { ...options, previous: true }, signal)).toBeNull();
});

test('an aborted read rejects', async () => {
  const state = new ClusterState();
  await expect(state.list('v1', 'Pod', {}, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  await expect(
    state.logs('n', 'p', 'c', { previous: false, tailLines: 1, limitBytes: 1 }, AbortSignal.abort()),
  ).rejects.toThrow('aborted');
});
