import { expect, test } from 'vitest';
import type { FaultSignal } from '../../src/domain/fault.ts';
import { clusterPolicy, minute, owner, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, settleAll, unaccounted } from './store-fixture.ts';

const found = (change: Partial<FaultSignal> & { pod?: string } = {}) => signal({ source: 'sweep', ...change });
const sweep = (findings: FaultSignal[], at = start) => ({ cluster: 'prod', at, findings, observations: [] });

test('INT-5: what stood at the sweep before is not received again', async () => {
  const { store } = await openTestStore();
  expect(await store.acceptSweep(sweep([found(), found()]))).toEqual({ received: 1, cleared: 0, firstContact: true });
  // Not settled yet: it still stood at the sweep before.
  expect(await store.acceptSweep(sweep([found()], start + 1000))).toMatchObject({ received: 0, firstContact: false });
  await settleAll(store);
  expect(await store.acceptSweep(sweep([found()], start + minute))).toMatchObject({ received: 0 });
  const [episode] = await store.activeFaults('prod');
  expect(episode).toMatchObject({ count: 1, lastSweepAt: start + minute, lastSeen: start + minute });
});

test('INT-1: a fault seen by push and by sweep is one', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  expect(await store.acceptSweep(sweep([found()], start + 1000))).toMatchObject({ received: 1 });
  expect(await settleAll(store)).toMatchObject([{ outcome: 'repeated' }]);
  expect(await store.acceptSweep(sweep([found()], start + 2000))).toMatchObject({ received: 0 });
  expect((await store.incidents({ limit: 10 })).items).toHaveLength(1);
});

test('INT-6: the same id after it cleared is a new episode', async () => {
  const { store } = await openTestStore();
  await store.acceptSweep(sweep([found()]));
  await settleAll(store);
  const [episode] = await store.activeFaults('prod');
  const gone = { episodeId: episode!.id, observation: 'absent' as const };
  await store.acceptSweep({ ...sweep([], start + minute), observations: [gone] });
  await store.acceptSweep({ ...sweep([], start + 3 * minute), observations: [gone] });
  expect(await store.activeFaults('prod')).toEqual([]);
  await store.acceptSweep(sweep([found()], start + 10 * minute));
  await settleAll(store, {}, start + 10 * minute);
  const [again] = await store.activeFaults('prod');
  expect(again!.id).not.toBe(episode!.id);
  expect(again).toMatchObject({ faultId: episode!.faultId, firstSeen: start + 10 * minute, count: 1 });
});

test('INT-4: at first contact old faults are taken up quietly, with one message for the cluster', async () => {
  const { store } = await openTestStore();
  const old = ['a', 'b', 'c'].map((pod) => found({ pod, since: start - 60 * minute }));
  await store.acceptSweep(sweep([...old, found({ pod: 'new', since: start - minute })]));
  const waiting = await store.unsettled(10);
  const settleOne = (index: number) => {
    const pod = waiting[index]!.signal!.resource.name;
    const cluster = {
      environment: null,
      labels: {},
      severityThreshold: 'info',
      triageEnabled: true,
      triageDisabledReason: null,
    } as const;
    return store.settle([{ seq: waiting[index]!.seq, owner: owner(pod), node: null, cluster }], start);
  };
  await settleOne(0);
  await settleOne(1);
  expect(await store.claimDeliveries('slack', 10, start)).toEqual([]);
  await settleOne(2);
  const [notice, ...others] = await store.claimDeliveries('slack', 10, start);
  expect(others).toEqual([]);
  expect(notice?.delivery).toMatchObject({
    kind: 'first_contact',
    notice: {
      key: `first_contact:prod:${start}`,
      clusters: ['prod'],
      incidents: 3,
      detail: '3 faults stood for more than 15m when prod was first looked at',
    },
  });
  await settleOne(3);
  const [loud] = await store.claimDeliveries('slack', 10, start + 3000);
  expect(loud?.incident).toMatchObject({ quiet: false, owner: { name: 'new' } });

  // Quiet ones are investigated, without a word.
  const claim = await store.claimRun(limits, start + 3000);
  expect(claim?.incident.quiet).toBe(true);
  await store.finishRun(claim!.run.id, runResult(), start + 4000);
  expect(await store.claimDeliveries('slack', 10, start + 5000)).toEqual([]);

  // A new fault makes it loud.
  await receive(store, [signal({ pod: 'a2' })], { owner: owner(claim!.incident.owner.name) }, start + minute);
  const [spoken] = await store.claimDeliveries('slack', 10, start + minute);
  expect(spoken?.incident).toMatchObject({ id: claim!.incident.id, quiet: false, status: 'reported' });
});

test('INT-4: a second sweep is no first contact, also after a restart', async () => {
  const { store, file } = await openTestStore();
  await store.acceptSweep(sweep([]));
  await store.close();
  const again = await openTestStore({}, file);
  const old = found({ since: start - 60 * minute });
  expect(await again.store.acceptSweep(sweep([old], start + minute))).toEqual({
    received: 1,
    cleared: 0,
    firstContact: false,
  });
  await settleAll(again.store);
  expect((await again.store.incidents({ limit: 1 })).items[0]?.incident.quiet).toBe(false);
});

test('INT-4: without quiet incidents there is no message of a first contact', async () => {
  const { store } = await openTestStore();
  await store.acceptSweep(sweep([found({ since: start - 60 * minute })]));
  await settleAll(store, { cluster: { triageEnabled: false } });
  expect(await store.claimDeliveries('slack', 10, start)).toEqual([]);
});

test('CON-6: over the limit of open faults everything is counted, and rows stay few', async () => {
  const { store } = await openTestStore({ maxOpenFaultsPerCluster: 3 });
  const findings = Array.from({ length: 1000 }, (_, index) => found({ pod: `p-${index}` }));
  expect(await store.acceptSweep(sweep(findings))).toMatchObject({ received: 1000 });
  await settleAll(store);
  expect(await store.activeFaults('prod')).toHaveLength(3);
  const throttled = await store.faults({ outcome: 'throttled', limit: 100 });
  expect(throttled.items).toHaveLength(1);
  expect(throttled.items[0]?.reception).toMatchObject({
    count: 997,
    rule: 'max_open_faults_per_cluster: 3',
    final: true,
  });
  const [pushed] = await receive(store, [signal({ pod: 'one-more' })]);
  expect(pushed).toMatchObject({ outcome: 'throttled' });
  const { received, outcomes } = await store.counters();
  expect(received).toEqual([
    { cluster: 'prod', source: 'push', count: 1, lastAt: start },
    { cluster: 'prod', source: 'sweep', count: 1000, lastAt: start },
  ]);
  expect(outcomes).toEqual([{ cluster: 'prod', outcome: 'throttled', count: 998 }]);
});

test('CON-6: what is thrown away over the rate is counted, with one row a minute', async () => {
  const { store } = await openTestStore();
  await store.countThrottled('prod', 500, start);
  await store.countThrottled('prod', 250, start + 1000);
  await store.countThrottled('prod', 0, start + 1000);
  await store.countThrottled('prod', 1, start + 2 * minute);
  const { items } = await store.faults({ limit: 10 });
  expect(items.map(({ reception }) => reception.count)).toEqual([1, 750]);
  expect(items[0]?.reception).toMatchObject({ outcome: 'throttled', rule: 'max_faults_per_second', final: true });
  expect(await unaccounted(store)).toBe(0);
  expect(await store.unsettled(10)).toEqual([]);
});

test('INT-5: what cannot be used is received with the outcome invalid, and listed with its reason', async () => {
  const { store } = await openTestStore();
  await store.accept(
    [{ cluster: 'prod', source: 'push', reason: 'no resource', excerpt: '{"a":1}', at: start }],
    start,
  );
  const [listed] = (await store.faults({ limit: 10 })).items;
  expect(listed?.reception).toMatchObject({
    outcome: 'invalid',
    rule: 'no resource',
    signal: null,
    invalid: { excerpt: '{"a":1}' },
  });
  expect(await unaccounted(store)).toBe(0);
});

test('INT-6: observations of another cluster, of nothing and of what is found again are ignored', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal(), signal({ cluster: 'other' })]);
  const [other] = await store.activeFaults('other');
  const [own] = await store.activeFaults('prod');
  const observations = [other!.id, own!.id, 9999].map((episodeId) => ({ episodeId, observation: 'absent' as const }));
  for (const at of [start + minute, start + 5 * minute]) {
    await store.acceptSweep({ cluster: 'prod', at, findings: [found()], observations });
  }
  expect(await store.activeFaults('other')).toHaveLength(1);
  expect(await store.activeFaults('prod')).toHaveLength(1);
});

test('INT-1: the name that a server gives its cluster outlives the process, until the cluster is taken away', async () => {
  const { store, file } = await openTestStore();
  expect(await store.serverCluster('prod')).toBe('');
  await store.acceptSweep({ ...sweep([]), serverCluster: 'kind-shop' });
  await store.acceptSweep({ ...sweep([], start + minute), serverCluster: '' });
  await store.close();
  const { store: again } = await openTestStore({}, file);
  expect(await again.serverCluster('prod')).toBe('kind-shop');
  await again.acceptSweep({ ...sweep([], start + 2 * minute), serverCluster: 'kind-new' });
  expect(await again.serverCluster('prod')).toBe('kind-new');
  await again.closeRemovedClusters(['other'], start + 3 * minute);
  expect(await again.serverCluster('prod')).toBe('');
});

test('INT-5: at the limit of open faults, what is active already is taken up all the same', async () => {
  const { store } = await openTestStore({ maxOpenFaultsPerCluster: 2 });
  // One by push, one that is held back: both are active, and the cluster is full.
  await receive(store, [signal({ pod: 'pushed' })], { owner: owner('pushed') });
  const held = found({ pod: 'held', severity: 'info' });
  await store.acceptSweep(sweep([held]));
  await settleAll(store, { owner: owner('held'), cluster: { severityThreshold: 'warning' } });
  const policy = { ...clusterPolicy(), severityThreshold: 'info' } as const;
  const more = found({ pod: 'new' });
  const findings = [more, found({ pod: 'pushed' }), held];
  expect(await store.acceptSweep(sweep(findings, start + minute), policy)).toMatchObject({ received: 3 });
  const outcomes = await settleAll(store, { owner: owner('held') }, start + minute);
  expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['opened', 'repeated']);
  // The new one waits for a place, and says so.
  const throttled = (await store.faults({ limit: 10, outcome: 'throttled' })).items;
  expect(throttled).toMatchObject([{ reception: { count: 1, rule: 'max_open_faults_per_cluster: 2' } }]);
});
