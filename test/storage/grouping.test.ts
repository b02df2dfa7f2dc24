import { expect, test } from 'vitest';
import type { FaultSignal } from '../../src/domain/fault.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { minute, nodeSignal, owner, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, unaccounted } from './store-fixture.ts';

const nodeOwner = (name: string) => owner(name, { kind: 'Node', namespace: null });

/** Two sweeps that see every active fault of the cluster gone. */
async function clearAll(store: StateStore, at: number): Promise<void> {
  for (const when of [at, at + 2 * minute]) {
    const active = await store.activeFaults('prod');
    const observations = active.map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
    await store.acceptSweep({ cluster: 'prod', at: when, findings: [], observations });
  }
}

async function investigate(store: StateStore, at: number) {
  const claim = await store.claimRun(limits, at);
  return store.finishRun(claim!.run.id, runResult(), at + 1000);
}

const incidents = async (store: StateStore) => (await store.incidents({ limit: 100 })).items;

test('INT-6: a fault that clears before its run starts ends as self_resolved, without a run and without a message', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal(), signal({ pod: 'api-2' }), signal()]);
  await clearAll(store, start + 1000);
  const [detail] = await incidents(store);
  expect(detail?.incident).toMatchObject({ status: 'resolved', statusReason: 'self_resolved' });
  expect(detail?.runs).toMatchObject([{ status: 'cancelled' }]);
  expect(await store.claimRun(limits, start + 100 * minute)).toBeNull();
  expect(await store.claimDeliveries('slack', 10, start + 100 * minute)).toEqual([]);
  const { outcomes } = await store.counters();
  expect(outcomes).toEqual([
    { cluster: 'prod', outcome: 'repeated', count: 1 },
    { cluster: 'prod', outcome: 'self_resolved', count: 2 },
  ]);
  expect(await unaccounted(store)).toBe(0);
});

test('NOT-1: a fault that clears before its run, after the first message went out, gets an update', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const [opened] = await store.claimDeliveries('slack', 10, start);
  await store.finishDelivery(opened!.delivery.id, { kind: 'sent', post: { channel: 'C', ts: '1' } }, start);
  await clearAll(store, start + 1000);
  const [update] = await store.claimDeliveries('slack', 10, start + 5 * minute);
  expect(update).toMatchObject({
    delivery: { state: 'resolved' },
    incident: { statusReason: 'self_resolved' },
    post: { channel: 'C', ts: '1' },
  });
});

test('INT-6: a fault that comes back within the window reopens its incident with a new run', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const reported = await investigate(store, start + 3000);
  await clearAll(store, start + 10 * minute);
  const [settled] = await receive(store, [signal()], {}, start + 20 * minute);
  expect(settled).toMatchObject({ outcome: 'opened', rule: 'reopen_window', incidentId: reported.id });
  const [detail, ...others] = await incidents(store);
  expect(others).toEqual([]);
  expect(detail?.incident).toMatchObject({ status: 'open', reopened: 1, resolvedAt: null });
  expect(detail?.runs.map(({ status, trigger }) => `${status} ${trigger}`)).toEqual([
    'succeeded fault',
    'queued reopened',
  ]);
  expect(detail?.faults).toHaveLength(2);
});

test('INT-6: a fault that comes back later opens a new incident, linked to the earlier one', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const reported = await investigate(store, start + 3000);
  await clearAll(store, start + 10 * minute);
  await receive(store, [signal()], {}, start + 60 * minute);
  expect((await incidents(store))[0]?.incident).toMatchObject({ previousId: reported.id, reopened: 0, status: 'open' });
});

test('INT-6: an incident whose faults clear during its run is resolved when the report is there', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, start + 3000);
  await clearAll(store, start + 4000);
  expect((await store.incident(claim!.incident.id))?.incident.status).toBe('investigating');
  const ended = await store.finishRun(claim!.run.id, runResult(), start + 10 * minute);
  expect(ended).toMatchObject({ status: 'resolved', statusReason: 'cleared', cause: 'the process exits with 1' });
  const [message] = await store.claimDeliveries('slack', 10, start + 11 * minute);
  expect(message?.incident).toMatchObject({ status: 'resolved', cause: 'the process exits with 1' });
});

test('INT-2: an image fault takes over what a stalled Deployment opened, and later ones join', async () => {
  const { store } = await openTestStore();
  const stalled = signal({ faultType: 'DeploymentFailure', faultId: 'deployment', container: '' });
  await receive(store, [stalled]);
  const settled = await receive(store, [signal({ faultType: 'ImagePull' }), signal({ faultType: 'WarningEvent' })]);
  expect(settled.map(({ outcome }) => outcome)).toEqual(['merged', 'merged']);
  const [detail, ...others] = await incidents(store);
  expect(others).toEqual([]);
  expect(detail?.incident).toMatchObject({ family: 'image', title: 'ImagePull · payments/api (Deployment)' });
});

test('INT-2: in one batch the order of arrival does not decide who owns the incident', async () => {
  const { store } = await openTestStore();
  const batch = [signal({ faultType: 'DeploymentFailure' }), signal({ faultType: 'ImagePull' })];
  const settled = await receive(store, batch);
  expect(settled.map(({ outcome }) => outcome)).toEqual(['merged', 'opened']);
});

test('INT-2: a pod fault on a failing node joins the node, one elsewhere does not', async () => {
  const { store } = await openTestStore();
  const [node] = await receive(store, [nodeSignal('n1')], { owner: nodeOwner('n1') });
  const [on] = await receive(store, [signal()], { node: 'n1' });
  const [off] = await receive(store, [signal({ pod: 'web-1' })], { node: 'n2', owner: owner('web') });
  expect(on).toMatchObject({ outcome: 'merged', incidentId: node?.incidentId });
  expect(off).toMatchObject({ outcome: 'opened' });
});

test('INT-2: a node takes in only what runs on it alone and has not started; their posts say so', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()], { node: 'n1' });
  const claim = await store.claimRun(limits, start + 3000);
  await receive(store, [signal({ pod: 'web-1' })], { node: 'n1', owner: owner('web') }, start + 3000);
  await receive(store, [signal({ pod: 'web-2' })], { node: 'n2', owner: owner('web') }, start + 3000);
  const [alone] = await receive(store, [signal({ pod: 'db-1' })], { node: 'n1', owner: owner('db') }, start + 3000);
  const [first] = await store.claimDeliveries('slack', 1, start + 3000);
  await store.finishDelivery(first!.delivery.id, { kind: 'sent', post: { channel: 'C', ts: '1' } }, start);

  const [node] = await receive(store, [nodeSignal('n1')], { owner: nodeOwner('n1') }, start + 4000);
  const byTitle = new Map((await incidents(store)).map((detail) => [detail.incident.owner.name, detail]));
  expect(byTitle.get('api')?.incident).toMatchObject({ id: claim?.incident.id, status: 'investigating' });
  expect(byTitle.get('web')?.incident.status).toBe('open');
  expect(byTitle.get('db')?.incident).toMatchObject({
    status: 'skipped',
    statusReason: `absorbed_by ${node?.incidentId}`,
  });
  expect(byTitle.get('db')?.runs).toMatchObject([{ status: 'cancelled' }]);
  const [reception] = await store.why('prod', { kind: 'pod', namespace: 'payments', name: 'db-1' });
  expect(reception?.reception).toMatchObject({
    outcome: 'merged',
    rule: 'on node n1',
    incidentId: node?.incidentId,
    final: true,
  });
  expect(alone?.incidentId).not.toBe(node?.incidentId);
  const told = await store.claimDeliveries('slack', 10, start + 5000);
  expect(told.map(({ incident }) => incident?.owner.name)).not.toContain('db');
});

test('NOT-1: an absorbed incident that people were told about gets an update', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()], { node: 'n1' });
  const [opened] = await store.claimDeliveries('slack', 1, start);
  await receive(store, [nodeSignal('n1')], { owner: nodeOwner('n1') }, start + 1000);
  // While the first is still being sent its successor waits.
  const during = await store.claimDeliveries('slack', 10, start + 1000);
  expect(during.map(({ incident }) => incident?.owner.kind)).toEqual(['Node']);
  await store.finishDelivery(opened!.delivery.id, { kind: 'sent', post: { channel: 'C', ts: '1' } }, start + 1000);
  const [update] = await store.claimDeliveries('slack', 10, start + 1000);
  expect(update).toMatchObject({ incident: { status: 'skipped' }, post: { ts: '1' } });
});

test('INT-2: a worse fault raises incident and run; so does a repeat that is worse', async () => {
  const { store } = await openTestStore();
  const mild: Partial<FaultSignal> = { faultType: 'PodCrash', severity: 'warning' };
  await receive(store, [signal(mild)]);
  await receive(store, [signal({ ...mild, severity: 'critical' })]);
  const [detail] = await incidents(store);
  expect(detail?.incident.severity).toBe('critical');
  expect(detail?.runs[0]?.severity).toBe('critical');
});

test('INT-6: a person resolves; the fault that still stands is not told again within the dedup window', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const { id } = await investigate(store, start + 3000);
  expect(await store.resolveIncident(id, 'by anna', start + minute)).toMatchObject({
    status: 'resolved',
    statusReason: 'by anna',
  });
  expect(await store.resolveIncident('inc_none', 'by anna', start)).toBeNull();
  const [repeat] = await receive(store, [signal()], {}, start + 2 * minute);
  expect(repeat).toMatchObject({ outcome: 'repeated', rule: 'dedup_window' });
  const [later] = await receive(store, [signal()], {}, start + 20 * minute);
  expect(later).toMatchObject({ outcome: 'opened', rule: 'reopen_window', incidentId: id });
});

test('INT-6: a removed cluster closes its incidents, its active faults and what waits', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal(), signal({ cluster: 'kept' })]);
  await store.accept([signal({ pod: 'late' })], start);
  expect(await store.closeRemovedClusters(['kept'], start + minute)).toBe(1);
  const [gone] = (await store.incidents({ cluster: 'prod', limit: 1 })).items;
  expect(gone?.incident).toMatchObject({ status: 'resolved', statusReason: 'cluster_removed' });
  expect((await store.incidents({ cluster: 'kept', limit: 1 })).items[0]?.incident.status).toBe('open');
  expect(await store.activeFaults('prod')).toEqual([]);
  expect(await store.unsettled(10)).toEqual([]);
  const open = (await store.counters()).openFaults;
  expect(open).toEqual([
    { cluster: 'kept', count: 1 },
    { cluster: 'prod', count: 0 },
  ]);
  expect(await unaccounted(store)).toBe(1);
});

test('INT-7: by hand an incident is found or opened, whatever the threshold, and investigated at once', async () => {
  const { store } = await openTestStore();
  const manual = signal({ faultType: 'Manual', source: 'manual', faultId: 'by-hand', severity: 'info' });
  const held = {
    environment: null,
    labels: {},
    severityThreshold: 'critical',
    triageEnabled: false,
    triageDisabledReason: 'off',
  } as const;
  const request = { signal: manual, owner: owner(), node: null, cluster: held };
  const first = await store.triageByHand(request, start);
  expect(first.run).toMatchObject({ status: 'queued', trigger: 'manual', notBefore: start });
  const again = await store.triageByHand(request, start + 1000);
  expect(again.incident.id).toBe(first.incident.id);
  expect(again.run.id).toBe(first.run.id);
  const claim = await store.claimRun(limits, start + 1000);
  expect(claim?.run.id).toBe(first.run.id);
  await store.finishRun(first.run.id, runResult(), start + 2000);
  const third = await store.triageByHand(request, start + 3000);
  expect(third.run.id).not.toBe(first.run.id);
  expect(third.incident).toMatchObject({ id: first.incident.id, status: 'queued' });
});

test('INT-3: a fault below the threshold that gets worse opens its incident with the same episode', async () => {
  const { store } = await openTestStore();
  const given = { cluster: { severityThreshold: 'critical' as const } };
  await receive(store, [signal({ severity: 'warning' })], given);
  const [worse] = await receive(store, [signal({ severity: 'critical' })], given);
  expect(worse?.outcome).toBe('opened');
  const [episode, ...others] = await store.activeFaults('prod');
  expect(others).toEqual([]);
  expect(episode).toMatchObject({ count: 2, outcome: 'opened', incidentId: worse?.incidentId });
});

test('INT-6: an incident that was resolved during its run and comes back is reported by that run', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, start + 3000);
  await store.resolveIncident(claim!.incident.id, 'by anna', start + 4000);
  const [back] = await receive(store, [signal({ pod: 'api-2' })], {}, start + 5000);
  expect(back).toMatchObject({ outcome: 'opened', rule: 'reopen_window', incidentId: claim!.incident.id });
  expect((await store.incident(claim!.incident.id))?.incident.status).toBe('investigating');
  expect(await store.finishRun(claim!.run.id, runResult(), start + 6000)).toMatchObject({ status: 'reported' });
});
