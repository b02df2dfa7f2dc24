import { expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import { sampleSilence } from '../support/sample-silence.ts';
import {
  minute,
  nodeSignal,
  owner,
  signal,
  startOfTime as start,
  storePolicy,
  stormPolicy,
} from '../support/signals.ts';
import { limits, openTestStore, receive, runResult } from './store-fixture.ts';

const policy = { groupWaitMs: 3000, firstWaitMs: 8000 };
const seconds = 1000;

/** The states that are said at a time; each arrives. */
async function said(store: StateStore, at: number, target: 'slack' | 'webhook' | 'console' = 'slack') {
  const claims = await store.claimDeliveries(target, 10, at);
  for (const { delivery } of claims) await store.finishDelivery(delivery.id, { kind: 'sent', post: null }, at);
  return claims.map(({ delivery }) => delivery.state);
}

async function investigate(store: StateStore, at: number, tookMs: number): Promise<void> {
  const claim = await store.claimRun(limits, at);
  await store.finishRun(claim!.run.id, runResult(), at + tookMs);
}

test('NOT-2, UX-11: where the answer comes in time the first message is the answer, and there is no other', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal()]);
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 8 * seconds);
  await investigate(store, start + 3 * seconds, 1000);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 4 * seconds);
  expect(await said(store, start + 4 * seconds)).toEqual(['reported']);
  expect(await said(store, start + minute)).toEqual([]);
});

test('NOT-2: where it does not, the first message says so when the wait is over, and the answer is another', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, start + 3 * seconds);
  expect(await said(store, start + 7999)).toEqual([]);
  expect(await said(store, start + 8 * seconds)).toEqual(['investigating']);
  await store.finishRun(claim!.run.id, runResult(), start + 20 * seconds);
  expect(await said(store, start + 20 * seconds)).toEqual(['reported']);
});

test('NOT-2: one that comes back waits again, and a change of one that was told does not', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal()]);
  await investigate(store, start + 3 * seconds, 1000);
  expect(await said(store, start + 4 * seconds)).toEqual(['reported']);
  for (const at of [start + minute, start + 4 * minute]) {
    const gone = await store.activeFaults('prod');
    const observations = gone.map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
    await store.acceptSweep({ cluster: 'prod', at, findings: [], observations });
  }
  expect(await said(store, start + 4 * minute)).toEqual(['resolved']);
  const again = start + 10 * minute;
  await receive(store, [signal({ at: again })], {}, again);
  expect(await said(store, again)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(again + 8 * seconds);
  await store.claimRun(limits, again + 3 * seconds);
  expect(await said(store, again + 8 * seconds)).toEqual(['investigating']);
  const { items } = await store.incidents({ limit: 1 });
  await store.orderIncident(items[0]!.incident.id, { kind: 'ack', by: 'ana', comment: '' }, again + 9 * seconds);
  expect(await said(store, again + 9 * seconds)).toEqual(['investigating']);
});

test('NOT-2, OPS-1: the wait is a row: it is as long after kill -9, and a clock that was set back does not hold it', async () => {
  const { store, file } = await openTestStore(policy);
  await receive(store, [signal()]);
  await store.claimRun(limits, start + 3 * seconds);
  expect(await said(store, start + 4 * seconds)).toEqual([]);
  await store.close();
  const { store: again } = await openTestStore(policy, file);
  await again.recoverRuns(start + 5 * seconds);
  await again.recoverDeliveries(start + 5 * seconds);
  expect(await said(again, start + 5 * seconds)).toEqual([]);
  expect(await again.nextDeliveryDue('slack')).toBe(start + 8 * seconds);
  expect(await said(again, start - 60 * minute)).toEqual(['investigating']);
});

test('NOT-2: a program hears of it at once, each place for people waits for itself', async () => {
  const { store } = await openTestStore({ ...policy, targets: ['slack', 'webhook', 'console'] });
  await receive(store, [signal()]);
  expect(await said(store, start + 3 * seconds, 'webhook')).toEqual(['open']);
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  expect(await said(store, start + 3 * seconds, 'console')).toEqual([]);
  await investigate(store, start + 3 * seconds, 1000);
  expect(await said(store, start + 4 * seconds)).toEqual(['reported']);
  expect(await said(store, start + 4 * seconds, 'console')).toEqual(['reported']);
});

test('NOT-2, INT-3: one whose silence ends before its answer comes waits for that; one that is silenced waits on', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal()]);
  const matchers = parseMatchers('cluster=prod');
  await store.addSilence({ ...sampleSilence({ matchers }), endsAt: start + 5 * seconds }, start);
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 5 * seconds);
  expect(await said(store, start + 6 * seconds)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 8 * seconds);
  await investigate(store, start + 6 * seconds, 1000);
  expect(await said(store, start + 7 * seconds)).toEqual(['reported']);
});

test('NOT-2: where runs took longer than that of late, or the queue is long, nobody waits in vain', async () => {
  const { store } = await openTestStore(policy);
  for (const index of [0, 1, 2]) {
    const at = start + index * 10 * minute;
    await receive(store, [signal({ pod: `slow-${index}`, at })], { owner: owner(`slow-${index}`) }, at);
    const claim = await store.claimRun(limits, at + 3 * seconds);
    await said(store, at + 3 * seconds);
    await store.finishRun(claim!.run.id, runResult(), at + 3 * minute);
    await said(store, at + 3 * minute);
  }
  const at = start + 60 * minute;
  await receive(store, [signal({ pod: 'next', at })], { owner: owner('next') }, at);
  expect(await said(store, at + 3 * seconds)).toEqual(['open']);
});

test('NOT-2: with a slot for two, the fifth of a queue is told at once when runs take two seconds', async () => {
  const slots = { maxConcurrent: 1, perCluster: {}, defaultPerCluster: 1 };
  const { store } = await openTestStore({ ...policy, runLimits: slots });
  await receive(store, [signal({ pod: 'first' })], { owner: owner('first') });
  await investigate(store, start + 3 * seconds, 2000);
  await said(store, start + 5 * seconds);
  const at = start + minute;
  for (const name of ['a', 'b', 'c', 'd'])
    await receive(store, [signal({ pod: name, at })], { owner: owner(name) }, at);
  // Answers are due after 5, 7, 9 and 11 seconds.
  expect(await said(store, at + 3 * seconds)).toHaveLength(2);
  expect(await said(store, at + 8 * seconds)).toHaveLength(2);
});

test('NOT-2, INT-4: a storm waits like any incident, and its members are told by it alone', async () => {
  const storm = stormPolicy({ perCluster: 3 });
  const { store } = await openTestStore({ ...policy, storm });
  for (const name of ['a', 'b', 'c', 'd', 'e']) await receive(store, [signal({ pod: name })], { owner: owner(name) });
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  await investigate(store, start + 3 * seconds, 1000);
  expect(await said(store, start + 4 * seconds)).toEqual(['reported']);
  expect(await said(store, start + minute)).toEqual([]);
});

test('NOT-2, INT-8: what is the same in several clusters waits for the answer of the one that leads, and is one message', async () => {
  const fleet = { minClusters: 3, windowMs: 10 * minute, channels: {} };
  const { store } = await openTestStore({ ...policy, fleet });
  const context = 'Back-off pulling image "r.example/app:1"';
  for (const cluster of ['a', 'b', 'c'])
    await receive(store, [signal({ cluster, faultType: 'ImagePull', context, faultId: cluster })]);
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  for (const order of ['a', 'b', 'c']) {
    const claim = await store.claimRun(limits, start + 3 * seconds);
    expect(claim?.incident.cluster).toBe(order);
    await store.finishRun(claim!.run.id, runResult(), start + 4 * seconds);
  }
  expect(await said(store, start + 4 * seconds)).toEqual(['reported']);
  expect(await said(store, start + minute)).toEqual([]);
});

test('NOT-2: a critical one is held no longer than any other, and told that it is investigated', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal({ severity: 'critical' })]);
  await store.claimRun(limits, start + 3 * seconds);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 3 * seconds);
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 8 * seconds);
  expect(await said(store, start + 8 * seconds)).toEqual(['investigating']);
});

test('NOT-2: a run that fails does not hold it any longer', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, start + 3 * seconds);
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  const failure = runResult({ outcome: 'failed', cause: null, report: null, error: 'no disk' });
  await store.finishRun(claim!.run.id, failure, start + 5 * seconds);
  expect(await said(store, start + 5 * seconds)).toEqual(['failed']);
});

test('NOT-2, CFG-7: another first_wait holds from the next look on', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [nodeSignal('n1')], { owner: owner('n1', { kind: 'Node', namespace: null }) });
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  await store.setPolicy(storePolicy({ ...policy, firstWaitMs: 4000 }));
  expect(await store.retryDeliveries('slack', start + 4 * seconds)).toBe(1);
  expect(await said(store, start + 4 * seconds)).toEqual(['open']);
});

test('NOT-2, INT-8: one that leads ends while its first message waits: another tells of the rest, once', async () => {
  const fleet = { minClusters: 3, windowMs: 10 * minute, channels: {} };
  const { store } = await openTestStore({ ...policy, fleet });
  const context = 'Back-off pulling image "r.example/app:1"';
  for (const cluster of ['a', 'b', 'c'])
    await receive(store, [signal({ cluster, faultType: 'ImagePull', context, faultId: cluster })]);
  const first = await store.claimRun(limits, start + 3 * seconds);
  expect(first?.incident.cluster).toBe('a');
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  await store.resolveIncident(first!.incident.id, 'cleared', start + 4 * seconds);
  expect(await said(store, start + 4 * seconds)).toEqual([]);
  const claims = await store.claimDeliveries('slack', 10, start + 8 * seconds);
  expect(claims.map(({ incident }) => incident?.cluster)).toEqual(['b']);
  for (const { delivery } of claims)
    await store.finishDelivery(delivery.id, { kind: 'sent', post: null }, start + 8 * seconds);
  expect(await said(store, start + 9 * seconds)).toEqual([]);
});

test('NOT-2: what ends while its first message waits is told as ended, once, or not at all when nothing was begun', async () => {
  const { store } = await openTestStore(policy);
  await receive(store, [signal({ pod: 'begun' })], { owner: owner('begun') });
  await store.claimRun(limits, start + 3 * seconds);
  await receive(store, [signal({ pod: 'waits' })], { owner: owner('waits') });
  expect(await said(store, start + 3 * seconds)).toEqual([]);
  const { items } = await store.incidents({ limit: 10 });
  expect(items).toHaveLength(2);
  for (const { incident } of items) await store.resolveIncident(incident.id, 'cleared', start + 4 * seconds);
  // The run goes on, and may say what it was.
  expect(await said(store, start + 4 * seconds)).toEqual([]);
  expect(await said(store, start + 8 * seconds)).toEqual(['resolved']);
  expect(await said(store, start + minute)).toEqual([]);
});
