import { expect, test } from 'vitest';
import { minute, nodeSignal, owner, signal, startOfTime } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, settleAll, unaccounted } from './store-fixture.ts';

test('INT-1: a fault is journaled before it has an outcome, and settling opens one incident', async () => {
  const { store } = await openTestStore();
  await store.accept([signal()], startOfTime);
  const [reception] = await store.unsettled(10);
  expect(reception).toMatchObject({ cluster: 'prod', outcome: null, final: false, signal: { faultType: 'CrashLoop' } });
  const [settled] = await settleAll(store);
  expect(settled).toMatchObject({ outcome: 'opened' });
  const { items } = await store.incidents({ limit: 10 });
  expect(items).toHaveLength(1);
  expect(items[0]?.incident).toMatchObject({
    title: 'CrashLoop · payments/api (Deployment)',
    status: 'open',
    severity: 'critical',
    environment: 'production',
    family: 'workload',
  });
  expect(items[0]?.runs).toMatchObject([{ status: 'queued', notBefore: startOfTime + 3000, trigger: 'fault' }]);
});

test('INT-2: forty replicas of one owner are one incident with one message', async () => {
  const { store } = await openTestStore();
  const signals = Array.from({ length: 40 }, (_, index) => signal({ pod: `api-${index}` }));
  const settled = await receive(store, signals);
  expect(settled.map(({ outcome }) => outcome)).toEqual(['opened', ...Array.from({ length: 39 }, () => 'merged')]);
  const [detail] = (await store.incidents({ limit: 10 })).items;
  expect(detail?.faults).toHaveLength(40);
  // The first message waits for what belongs together.
  expect(await store.claimDeliveries('slack', 10, startOfTime + 2999)).toEqual([]);
  expect(await store.claimDeliveries('slack', 10, startOfTime + 3000)).toHaveLength(1);
});

test('INT-1: the same fault again is a repeat of the active episode', async () => {
  const { store } = await openTestStore();
  const settled = await receive(store, [signal(), signal(), signal({ source: 'webhook' })]);
  expect(settled.map(({ outcome }) => outcome)).toEqual(['opened', 'repeated', 'repeated']);
  const [episode] = await store.activeFaults('prod');
  expect(episode).toMatchObject({ count: 3, sources: ['push', 'webhook'] });
});

test('INT-6: from open to resolved, with the outcomes final when the run starts', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  expect(await unaccounted(store)).toBe(1);
  expect(await store.claimRun(limits, startOfTime)).toBeNull();
  const claim = await store.claimRun(limits, startOfTime + 3000);
  expect(claim?.incident.status).toBe('investigating');
  expect(await unaccounted(store)).toBe(0);
  const reported = await store.finishRun(claim!.run.id, runResult(), startOfTime + 5000);
  expect(reported).toMatchObject({ status: 'reported', cause: 'the process exits with 1' });
  const [episode] = await store.activeFaults('prod');
  const observations = [{ episodeId: episode!.id, observation: 'healthy' as const }];
  const sweep = (at: number) => store.acceptSweep({ cluster: 'prod', at, findings: [], observations });
  expect((await sweep(startOfTime + 10 * minute)).cleared).toBe(0);
  expect((await sweep(startOfTime + 11 * minute)).cleared).toBe(0);
  expect((await sweep(startOfTime + 12 * minute)).cleared).toBe(1);
  const detail = await store.incident(reported.id);
  expect(detail?.incident).toMatchObject({ status: 'resolved', statusReason: 'cleared' });
});

test('INT-2: a node fault takes in the incidents of its pods that have not started', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()], { node: 'n1' });
  const [settled] = await receive(store, [nodeSignal('n1')], {
    owner: owner('n1', { kind: 'Node', namespace: null }),
  });
  const { items } = await store.incidents({ limit: 10 });
  const pod = items.find(({ incident }) => incident.id !== settled?.incidentId);
  expect(pod?.incident).toMatchObject({ status: 'skipped', statusReason: `absorbed_by ${settled?.incidentId}` });
  const node = await store.incident(settled?.incidentId ?? '');
  expect(node?.faults.map((fault) => fault.faultType).sort()).toEqual(['CrashLoop', 'NodeUnhealthy']);
});
