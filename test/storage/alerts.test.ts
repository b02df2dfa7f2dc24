import { expect, test } from 'vitest';
import type { AlertReport } from '../../src/domain/ports.ts';
import type { FaultSignal } from '../../src/domain/fault.ts';
import { clusterPolicy, minute, nodeSignal, owner, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, settleAll, unaccounted } from './store-fixture.ts';

const hour = 60 * minute;
const heard = { heard: { prod: start + 4 * minute }, silenceMs: hour };
const unheard = { heard: {}, silenceMs: hour };

const alert = (change: Parameters<typeof signal>[0] = {}): FaultSignal =>
  signal({ source: 'webhook', faultType: 'KubePodCrashLooping', ...change });

function report(change: Partial<AlertReport> = {}): AlertReport {
  return { firing: [], resolved: [], invalid: [], policies: {}, ...change };
}

const firing = (signals: readonly FaultSignal[], endsAt: number, policies: AlertReport['policies'] = {}): AlertReport =>
  report({ firing: signals.map((one) => ({ signal: one, endsAt })), policies });

const resolved = ({ cluster, faultId }: FaultSignal): AlertReport => report({ resolved: [{ cluster, faultId }] });

test('INT-7: an alert is received once; each time that it is sent again counts, in one row an hour', async () => {
  const { store } = await openTestStore();
  const sent = alert();
  expect(await store.acceptAlerts(firing([sent], start + 4 * minute), start)).toEqual({ received: 1, cleared: 0 });
  expect(await settleAll(store)).toMatchObject([{ outcome: 'opened' }]);
  for (let at = 1; at <= 90; at += 1) {
    const now = start + at * minute;
    await store.acceptAlerts(firing([sent], now + 4 * minute), now);
    await settleAll(store, {}, now);
  }
  const { items } = await store.faults({ limit: 100 });
  const repeats = items.map(({ reception }) => reception).filter(({ outcome }) => outcome === 'repeated');
  expect(repeats.length).toBeLessThanOrEqual(3);
  expect(repeats.reduce((sum, { count }) => sum + count, 0)).toBe(90);
  const [episode] = await store.activeFaults('prod');
  expect(episode).toMatchObject({ count: 91, lastSeen: start + 90 * minute, sources: ['webhook'] });
  expect((await store.incidents({ limit: 10 })).items).toHaveLength(1);
  const claim = await store.claimRun(limits, start + 91 * minute);
  await store.finishRun(claim!.run.id, runResult(), start + 91 * minute);
  expect((await store.counters()).received).toMatchObject([{ cluster: 'prod', source: 'webhook', count: 91 }]);
  expect(await unaccounted(store)).toBe(0);
});

test('INT-7: a resolved alert clears, and its incident with it', async () => {
  const { store } = await openTestStore();
  const [first, second] = [alert(), alert({ faultType: 'KubePodNotReady' })];
  await store.acceptAlerts(firing([first, second], start + 4 * minute), start);
  await settleAll(store);
  const claim = await store.claimRun(limits, start + 3000);
  await store.finishRun(claim!.run.id, runResult(), start + 4000);
  expect(await store.acceptAlerts(resolved(first), start + minute)).toEqual({ received: 0, cleared: 1 });
  expect((await store.incidents({ limit: 10 })).items[0]!.incident.status).toBe('reported');
  expect(await store.acceptAlerts(resolved(second), start + 2 * minute)).toEqual({ received: 0, cleared: 1 });
  expect((await store.incidents({ limit: 10 })).items[0]!.incident).toMatchObject({
    status: 'resolved',
    statusReason: 'cleared',
  });
  // Prometheus says so for a quarter of an hour.
  expect(await store.acceptAlerts(resolved(second), start + 3 * minute)).toEqual({ received: 0, cleared: 0 });
  expect(await unaccounted(store)).toBe(0);
});

test('INT-7: one that is resolved before its run started told nobody anything', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert()], start + 4 * minute), start);
  await settleAll(store);
  await store.acceptAlerts(resolved(alert()), start + 1000);
  expect((await store.counters()).outcomes).toEqual([{ cluster: 'prod', outcome: 'self_resolved', count: 1 }]);
});

test('INT-7: one that is resolved while it waits for its outcome ends after it has it', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert()], start + 4 * minute), start);
  expect(await store.acceptAlerts(resolved(alert()), start + 1000)).toMatchObject({ cleared: 0 });
  expect(await store.expireAlerts(unheard, start + 2000)).toBe(0);
  expect(await settleAll(store, {}, start + 3000)).toMatchObject([{ outcome: 'opened' }]);
  expect(await store.expireAlerts(unheard, start + 4000)).toBe(1);
  expect(await store.activeFaults('prod')).toEqual([]);
  expect(await unaccounted(store)).toBe(0);
});

test('INT-7: an alert that fires again before it ended stands', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert()], start + 4 * minute), start);
  await store.acceptAlerts(resolved(alert()), start + 1000);
  await store.acceptAlerts(firing([alert()], start + 5 * minute), start + 2000);
  await settleAll(store, {}, start + 3000);
  expect(await store.expireAlerts(heard, start + 4000)).toBe(0);
  expect(await store.activeFaults('prod')).toHaveLength(1);
});

test('INT-7: an alert that is not sent again is over when its end has passed, where its cluster is heard', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert()], start + 4 * minute), start);
  await settleAll(store);
  expect(await store.expireAlerts(heard, start + 4 * minute - 1)).toBe(0);
  // Silence of everything is no news of one.
  expect(await store.expireAlerts(unheard, start + 4 * minute)).toBe(0);
  expect(
    await store.expireAlerts(
      { ...heard, heard: { other: start + 5 * minute, prod: start + 3 * minute } },
      start + 4 * minute,
    ),
  ).toBe(0);
  expect(await store.expireAlerts(heard, start + 4 * minute)).toBe(1);
  expect(await store.activeFaults('prod')).toEqual([]);
});

test('INT-7: where nothing is heard any more alerts stand for an hour longer', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert()], start + 4 * minute), start);
  await settleAll(store);
  expect(await store.expireAlerts(unheard, start + 4 * minute + hour - 1)).toBe(0);
  expect(await store.expireAlerts(unheard, start + 4 * minute + hour)).toBe(1);
});

test('INT-7: no look at its object ends an alert', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert()], start + 4 * minute), start);
  await settleAll(store);
  const [episode] = await store.activeFaults('prod');
  const observations = [{ episodeId: episode!.id, observation: 'absent' as const }];
  for (const at of [minute, 10 * minute, 20 * minute]) {
    await store.acceptSweep({ cluster: 'prod', at: start + at, findings: [], observations });
  }
  expect(await store.activeFaults('prod')).toHaveLength(1);
});

test('INT-7: what an alert and a sweep say of one owner is one incident, which ends with the last of them', async () => {
  const { store } = await openTestStore();
  await store.acceptAlerts(firing([alert({ faultType: 'PodNotReady' })], start + 4 * minute), start);
  await settleAll(store);
  const found = signal({ source: 'sweep', faultType: 'ImagePull' });
  await store.acceptSweep({ cluster: 'prod', at: start + minute, findings: [found], observations: [] });
  expect(await settleAll(store, {}, start + minute)).toMatchObject([{ outcome: 'merged' }]);
  const { items } = await store.incidents({ limit: 10 });
  expect(items).toHaveLength(1);
  expect(items[0]!.incident).toMatchObject({ family: 'image', title: expect.stringContaining('ImagePull') });
});

test('INT-3, INT-7: what is below the threshold counts, and opens its incident when it is not any more', async () => {
  const { store } = await openTestStore();
  const low = { severityThreshold: 'critical' } as const;
  const held = { prod: clusterPolicy(low) };
  await store.acceptAlerts(firing([alert({ severity: 'warning' })], start + 4 * minute, held), start);
  await settleAll(store, { cluster: low });
  for (const at of [1, 2, 3]) {
    const now = start + at * minute;
    await store.acceptAlerts(firing([alert({ severity: 'warning' })], now + 4 * minute, held), now);
    await settleAll(store, { cluster: low }, now);
  }
  expect((await store.counters()).outcomes).toEqual([
    { cluster: 'prod', outcome: 'below_threshold', count: 1 },
    { cluster: 'prod', outcome: 'repeated', count: 3 },
  ]);
  const now = start + 4 * minute;
  await store.acceptAlerts(firing([alert({ severity: 'warning' })], now + minute, { prod: clusterPolicy() }), now);
  expect(await settleAll(store, {}, now)).toMatchObject([{ outcome: 'opened' }]);
});

test('INT-5, INT-7: over the limit of active faults alerts are counted as throttled, and taken when there is room', async () => {
  const { store } = await openTestStore({ maxOpenFaultsPerCluster: 2 });
  const three = ['a', 'b', 'c'].map((pod) => alert({ pod }));
  await store.acceptAlerts(firing(three, start + 4 * minute), start);
  await settleAll(store);
  expect(await store.activeFaults('prod')).toHaveLength(2);
  await store.acceptAlerts(firing(three, start + 5 * minute), start + minute);
  await settleAll(store, {}, start + minute);
  await store.acceptAlerts(resolved(three[0]!), start + 2 * minute);
  await store.acceptAlerts(firing(three.slice(1), start + 7 * minute), start + 3 * minute);
  await settleAll(store, { owner: owner('c') }, start + 3 * minute);
  const names = (await store.activeFaults('prod')).map(({ resource }) => resource.name);
  expect(names.sort()).toEqual(['b', 'c']);
  const counters = await store.counters();
  expect(counters.outcomes).toContainEqual({ cluster: 'prod', outcome: 'throttled', count: 2 });
  expect(counters.openFaults).toEqual([{ cluster: 'prod', count: 2 }]);
});

test('INT-5, INT-7: alerts that cannot be used are listed by their reason, however often they come', async () => {
  const { store } = await openTestStore();
  const unusable = (reason: string) =>
    ({ cluster: '(unknown)', source: 'webhook', reason, excerpt: '{}', at: start }) as const;
  const many = Array.from({ length: 150 }, (_, at) => unusable(`no cluster "c${at}" is configured`));
  for (const at of [0, 1, 2]) await store.acceptAlerts(report({ invalid: many }), start + at * minute);
  const { items } = await store.faults({ limit: 1000, cluster: '(unknown)' });
  expect(items).toHaveLength(100 + 3);
  expect((await store.counters()).outcomes).toEqual([
    { cluster: '(unknown)', outcome: 'invalid', count: 300 },
    { cluster: '(unknown)', outcome: 'throttled', count: 150 },
  ]);
  expect(await unaccounted(store)).toBe(0);
});

test('INT-7: the words of an alert are redacted, also when it is sent again', async () => {
  const { store } = await openTestStore();
  const sent = alert({ context: 'cannot log in with password=hunter2-hunter2' });
  for (const at of [0, 1, 2]) {
    await store.acceptAlerts(firing([sent], start + hour), start + at * minute);
    await settleAll(store, {}, start + at * minute);
  }
  const { items } = await store.faults({ limit: 10 });
  expect(JSON.stringify(items)).not.toContain('hunter2');
});

test('INT-7, INT-9: an alert has its own time before it fires, and is told at once', async () => {
  const { store } = await openTestStore({ pendingMs: { CrashLoop: 60_000 } });
  const sent = alert({ faultType: 'CrashLoop', since: start });
  await store.acceptAlerts(firing([sent], start + 4 * minute), start);
  expect(await settleAll(store)).toMatchObject([{ outcome: 'opened' }]);
});

test('INT-7, INT-9: nor does it wait for the node of its pod', async () => {
  const { store } = await openTestStore({ pendingMs: { NodeUnhealthy: 90_000 } });
  await receive(store, [nodeSignal('n1')], { owner: { kind: 'Node', namespace: null, name: 'n1', certain: true } });
  await store.acceptAlerts(firing([alert({ faultType: 'CrashLoop' })], start + 4 * minute), start);
  expect((await settleAll(store, { node: 'n1' })).map(({ outcome }) => outcome)).toContain('opened');
  expect((await store.incidents({ limit: 10 })).items).toHaveLength(1);
});

test('INT-3 INT-7: an alert that was held back is received again, once, when nothing holds it back, also when it is not sent', async () => {
  const { store } = await openTestStore();
  const strict = clusterPolicy({ severityThreshold: 'critical' });
  const off = clusterPolicy({ triageEnabled: false });
  const [muted, low] = [alert({ severity: 'critical' }), alert({ faultType: 'KubePodNotReady', severity: 'warning' })];
  const matchers = [{ name: 'fault_type', operator: '=', value: muted.faultType } as const];
  const asked = { matchers, comment: 'work', author: 'me', startsAt: start, endsAt: start + 10 * minute };
  await store.addSilence(asked, start);
  await store.acceptAlerts(firing([muted, low], start + 5 * hour), start);
  await settleAll(store, { cluster: strict });
  const release = (at: number, policy = strict, after = 0) =>
    store.releaseAlerts({ after, policies: { prod: policy } }, at);
  const outcomes = async () => (await store.activeFaults('prod')).map(({ outcome }) => outcome);
  expect(await outcomes()).toEqual(['muted', 'below_threshold']);
  for (const policy of [strict, off]) await release(start + 5 * minute, policy);
  await store.releaseAlerts({ after: 0, policies: {} }, start + 11 * minute);
  expect(await store.unsettled(10)).toEqual([]);
  // Not twice, also when the next turn comes before its outcome.
  for (const at of [11, 12]) await release(start + at * minute);
  expect(await settleAll(store, { cluster: strict }, start + 12 * minute)).toMatchObject([{ outcome: 'opened' }]);
  await release(start + 13 * minute);
  expect(await settleAll(store, {}, start + 13 * minute)).toEqual([]);
  await release(start + 14 * minute, clusterPolicy());
  expect(await settleAll(store, {}, start + 14 * minute)).toMatchObject([{ outcome: 'merged' }]);
  expect(await outcomes()).toEqual(['opened', 'merged']);
});

test('INT-7: what its outcome holds back all the same is not received again for ever', async () => {
  const { store } = await openTestStore();
  const off = clusterPolicy({ triageEnabled: false });
  await store.acceptAlerts(firing([alert()], start + 5 * hour), start);
  await settleAll(store, { cluster: off });
  for (let turn = 1; turn <= 30; turn += 1) {
    await store.releaseAlerts({ after: 0, policies: { prod: clusterPolicy() } }, start + turn * 15_000);
    await settleAll(store, { cluster: off }, start + turn * 15_000);
  }
  expect((await store.faults({ limit: 100 })).items).toHaveLength(10);
});
