import { expect, test } from 'vitest';
import { confirmMs } from '../../src/domain/decide/pending.ts';
import type { FaultSignal, OwnerRef } from '../../src/domain/fault.ts';
import type { Observation, StateStore } from '../../src/domain/state-store.ts';
import { clusterPolicy, minute, nodeSignal, owner, signal, startOfTime as start } from '../support/signals.ts';
import { openTestStore, receive, settleAll, unaccounted } from './store-fixture.ts';

const pendingMs = { PodCrash: minute, NodeUnhealthy: 90_000 };
const crash = (change: Partial<FaultSignal> = {}): FaultSignal => signal({ faultType: 'PodCrash', ...change });
const nodeOwner: OwnerRef = owner('n1', { kind: 'Node', namespace: null });

/** What a sweep sees of every active fault. */
async function sweep(store: StateStore, observation: Observation, at: number): Promise<void> {
  const active = await store.activeFaults('prod');
  const observations = active.map(({ id }) => ({ episodeId: id, observation }));
  await store.acceptSweep({ cluster: 'prod', at, findings: [], observations }, clusterPolicy());
}

async function incidents(store: StateStore): Promise<number> {
  return (await store.incidents({ limit: 10 })).items.length;
}

/** Settles what is due, as intake does. */
async function settleDue(store: StateStore, at: number, given = { owner: owner() }): Promise<void> {
  const waiting = await store.unsettled(100, [], at);
  const inputs = waiting.map(({ seq }) => ({ seq, ...given, node: 'n1', cluster: clusterPolicy() }));
  await store.settle(inputs, at);
}

test('INT-9: a fault that clears while it is pending ends as self_resolved, and nobody is told', async () => {
  const { store } = await openTestStore({ pendingMs });
  expect(await receive(store, [crash()])).toEqual([]);
  expect(await store.activeFaults('prod')).toMatchObject([{ outcome: null, pendingUntil: start + minute }]);
  expect(await store.unsettled(10, [], start)).toEqual([]);
  expect(await store.nextUnsettled(start)).toBe(start + minute);
  await sweep(store, 'healthy', start + 15_000);
  await settleDue(store, start + minute);
  expect(await incidents(store)).toBe(0);
  await sweep(store, 'healthy', start + 3 * minute);
  expect((await store.faults({ limit: 1 })).items).toMatchObject([
    { reception: { outcome: 'self_resolved', final: true }, episode: { outcome: 'self_resolved' } },
  ]);
  expect(await store.activeFaults('prod')).toEqual([]);
  expect([await unaccounted(store), await incidents(store)]).toEqual([0, 0]);
  expect(await store.claimDeliveries('slack', 10, start + 4 * minute)).toEqual([]);
});

test('INT-9: one that a sweep sees after its time is told, also by the next process', async () => {
  const { store, file } = await openTestStore({ pendingMs });
  await receive(store, [crash()]);
  await sweep(store, 'active', start + 30_000);
  expect(await store.unsettled(10, [], start + 30_000)).toEqual([]);
  await store.close();
  const again = await openTestStore({ pendingMs }, file);
  await sweep(again.store, 'active', start + minute + 5000);
  await settleDue(again.store, start + minute + 6000);
  const [fault] = (await again.store.faults({ limit: 1 })).items;
  expect(fault?.reception).toMatchObject({ outcome: 'opened', final: false });
  expect(fault?.episode).toMatchObject({ count: 1, pendingUntil: null });
  expect(await incidents(again.store)).toBe(1);
});

test('INT-9: where nobody can look it is told after a while longer', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [crash()]);
  await settleDue(store, start + minute);
  expect(await incidents(store)).toBe(0);
  await settleDue(store, start + minute + confirmMs);
  expect(await incidents(store)).toBe(1);
});

test('INT-9: the same fault found again, by push or by a sweep, is a repeat and no second one', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [crash(), crash()]);
  const found = { ...crash(), source: 'sweep' } as const;
  const report = { cluster: 'prod', findings: [found], observations: [] };
  for (const after of [10_000, 25_000]) {
    await store.acceptSweep({ ...report, at: start + after }, clusterPolicy());
    await settleDue(store, start + after);
  }
  const outcomes = (await store.faults({ limit: 10 })).items.map(({ reception }) => reception.outcome);
  expect(outcomes).toEqual(['repeated', 'repeated', null]);
  await store.acceptSweep({ ...report, at: start + minute }, clusterPolicy());
  await settleDue(store, start + minute);
  expect(await incidents(store)).toBe(1);
});

test('INT-9: a node that is back in time says nothing, nor do its pods', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [nodeSignal('n1')], { owner: nodeOwner, node: 'n1' });
  const pods = ['a', 'b', 'c'].map((pod) => signal({ pod, faultType: 'ImagePull' }));
  expect(await receive(store, pods, { node: 'n1' })).toEqual([]);
  await sweep(store, 'healthy', start + minute);
  await settleDue(store, start + 2 * minute);
  await sweep(store, 'healthy', start + 4 * minute);
  expect([await unaccounted(store), await incidents(store)]).toEqual([0, 0]);
});

test('INT-9: a node that stays away takes in the pods that waited for it', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [nodeSignal('n1')], { owner: nodeOwner, node: 'n1' });
  await receive(store, [signal({ pod: 'a', faultType: 'ImagePull' })], { node: 'n1' });
  await sweep(store, 'active', start + 2 * minute);
  const due = await store.unsettled(10, [], start + 2 * minute);
  const inputs = due.map(({ seq, signal: fault }) => {
    const its = fault?.resource.kind === 'Node' ? nodeOwner : owner();
    return { seq, owner: its, node: 'n1', cluster: clusterPolicy() };
  });
  await store.settle(inputs, start + 2 * minute);
  const [only, ...others] = (await store.incidents({ limit: 10 })).items;
  expect(others).toEqual([]);
  expect(only?.faults.map(({ faultType }) => faultType)).toEqual(['NodeUnhealthy', 'ImagePull']);
});

test('INT-9: pods and their node are told once when nobody can look at the node any more', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [nodeSignal('n1')], { owner: nodeOwner, node: 'n1' });
  await receive(store, [signal({ pod: 'a', faultType: 'ImagePull' })], { node: 'n1' });
  await sweep(store, 'healthy', start + minute);
  const told: number[] = [];
  for (let at = start + 2 * minute; at <= start + 62 * minute; at += minute) {
    await sweep(store, 'unknown', at);
    const due = await store.unsettled(10, [], at);
    const inputs = due.map(({ seq, signal: fault }) => {
      const its = fault?.resource.kind === 'Node' ? nodeOwner : owner();
      return { seq, owner: its, node: 'n1', cluster: clusterPolicy() };
    });
    await store.settle(inputs, at);
    told.push(await incidents(store));
  }
  expect(told.findIndex((count) => count > 0)).toBeGreaterThanOrEqual(58);
  expect((await store.incidents({ limit: 10 })).items.map(({ faults }) => faults.length)).toEqual([2]);
  expect(await store.unsettled(10)).toEqual([]);
});

test('INT-9: what waits longer than anything may was written before the clock was set back', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [crash()]);
  expect(await store.unsettled(10, [], start - 24 * 60 * minute)).toHaveLength(1);
});

test('INT-9: pending faults of a cluster that is taken out of the configuration are closed with it', async () => {
  const { store } = await openTestStore({ pendingMs });
  await receive(store, [crash()]);
  await store.closeRemovedClusters([], start + 1000);
  await settleAll(store);
  expect([await unaccounted(store), (await store.activeFaults('prod')).length]).toEqual([0, 0]);
});
