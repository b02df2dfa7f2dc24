import { expect, test } from 'vitest';
import type { StateStore, StoreChange } from '../../src/domain/state-store.ts';
import { minute, owner, signal, startOfTime as start, storePolicy } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult } from './store-fixture.ts';

const post = { channel: 'C1', ts: '17.1' };
const due = start + 3000;

async function claimOne(store: StateStore, at = start) {
  const claims = await store.claimDeliveries('slack', 10, at);
  expect(claims).toHaveLength(1);
  return claims[0]!;
}

test('NOT-3: each target has its own row, and a sent one keeps its post for the next', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0, targets: ['slack', 'console'] });
  await receive(store, [signal()]);
  const slack = await claimOne(store);
  const [console] = await store.claimDeliveries('console', 10, start);
  expect(console?.delivery).toMatchObject({ target: 'console', state: 'open', seq: 1 });
  expect(slack).toMatchObject({ post: null, queuedAhead: 0, delivery: { status: 'sending', attempts: 1 } });
  await store.finishDelivery(slack.delivery.id, { kind: 'sent', post }, start);
  await store.claimRun(limits, due);
  expect(await claimOne(store, due)).toMatchObject({ post, delivery: { state: 'investigating', seq: 2 } });
});

test('NOT-1: only the newest state is said, what waited before it is superseded', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  const superseded: string[] = [];
  store.onChange((changes) => superseded.push(...changes.flatMap(supersededState)));
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, due);
  await store.finishRun(claim!.run.id, runResult(), due + 1000);
  expect(await claimOne(store, due + 1000)).toMatchObject({
    delivery: { state: 'reported' },
    incident: { status: 'reported' },
  });
  expect(superseded).toEqual(['open', 'investigating']);
});

const supersededState = (change: StoreChange): string[] =>
  change.type === 'delivery' && change.delivery.status === 'superseded' ? [change.delivery.state] : [];

test('NOT-3: of one incident never two messages are on their way at once', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const first = await claimOne(store);
  await store.claimRun(limits, due);
  expect(await store.claimDeliveries('slack', 10, due)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBeNull();
  await store.finishDelivery(first.delivery.id, { kind: 'sent', post }, due);
  expect(await store.nextDeliveryDue('slack')).toBe(due);
  expect(await claimOne(store, due)).toMatchObject({ delivery: { state: 'investigating' } });
});

test('NOT-3: one that is to be tried again waits; a newer one takes its place', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const first = await claimOne(store);
  const later = { kind: 'retry', notBefore: start + minute, error: 'ratelimited' } as const;
  await store.finishDelivery(first.delivery.id, later, start);
  expect(await store.claimDeliveries('slack', 10, start)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + minute);
  const second = await claimOne(store, start + minute);
  expect(second.delivery).toMatchObject({ id: first.delivery.id, attempts: 2, error: 'ratelimited' });
  await store.claimRun(limits, start + minute);
  await store.finishDelivery(second.delivery.id, later, start + minute);
  expect(await claimOne(store, start + minute)).toMatchObject({
    delivery: { state: 'investigating', uncertain: false },
  });
});

test('NOT-3: after a crash while sending the message is marked uncertain, and so is the one that replaces it', async () => {
  const { store, file } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  await receive(store, [signal({ pod: 'web-1' })], { owner: owner('web') });
  const claims = await store.claimDeliveries('slack', 10, start);
  expect(claims).toHaveLength(2);
  await store.claimRun(limits, due);
  await store.close();
  const { store: again } = await openTestStore({}, file);
  expect(await again.recoverDeliveries(due)).toBe(2);
  expect(await again.recoverDeliveries(due)).toBe(0);
  const recovered = await again.claimDeliveries('slack', 10, due);
  const states = recovered.map(({ delivery }) => `${delivery.state} ${delivery.uncertain}`).sort();
  expect(states).toEqual(['investigating true', 'open true']);
});

test('NOT-3: what waits for a target that is taken out is not said when it is back, and keeps no incident', async () => {
  const { store, file } = await openTestStore({ groupWaitMs: 0, targets: ['slack', 'console'] });
  await receive(store, [signal()]);
  await receive(store, [signal({ pod: 'web-1' })], { owner: owner('web') });
  const [sending] = await store.claimDeliveries('console', 1, start);
  await store.setPolicy(storePolicy({ groupWaitMs: 0, targets: ['slack'] }));
  const later = { kind: 'retry', notBefore: start + minute, error: 'gone' } as const;
  await store.finishDelivery(sending!.delivery.id, later, start);
  await store.setPolicy(storePolicy({ groupWaitMs: 0, targets: ['slack', 'console'] }));
  expect(await store.nextDeliveryDue('console')).toBeNull();
  expect(await store.claimDeliveries('console', 10, start + minute)).toEqual([]);
  await store.close();
  // Taken out while no process ran.
  const { store: again } = await openTestStore({ targets: [] }, file);
  await again.recoverDeliveries(start + minute);
  await again.closeRemovedClusters([], start + minute);
  expect((await again.prune(start + 2 * minute)).incidents).toHaveLength(2);
});

test('NOT-3: a post that was made before a later part failed is kept; doubt is kept too', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const first = await claimOne(store);
  await store.finishDelivery(
    first.delivery.id,
    { kind: 'retry', notBefore: start, error: 'cut off', uncertain: true, post },
    start,
  );
  expect(await claimOne(store)).toMatchObject({ post, delivery: { uncertain: true } });
});

test('NOT-3: a message that cannot be delivered is dead and holds nothing up', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const first = await claimOne(store);
  await store.finishDelivery(first.delivery.id, { kind: 'dead', error: 'channel_not_found' }, start);
  await store.finishDelivery(first.delivery.id, { kind: 'sent', post }, start);
  expect((await store.counters()).outbox).toEqual([]);
  await store.claimRun(limits, due);
  expect(await claimOne(store, due)).toMatchObject({ delivery: { state: 'investigating' }, post: null });
});

test('NOT-1: a message says how many runs come before', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  for (const name of ['a', 'b', 'c']) await receive(store, [signal({ pod: name })], { owner: owner(name) });
  await receive(store, [signal({ pod: 'd', severity: 'info' })], { owner: owner('d') });
  const claims = await store.claimDeliveries('slack', 10, start);
  expect(claims.map(({ incident, queuedAhead }) => `${incident?.owner.name} ${queuedAhead}`)).toEqual([
    'a 0',
    'b 1',
    'c 2',
    'd 3',
  ]);
});

test('NOT-6: a notice is told once a key, to every target', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0, targets: ['slack', 'console'] });
  const notice = { key: 'dark:a:1', clusters: ['a'], since: start, until: null, incidents: 0, detail: 'refused' };
  await store.notice('clusters_unreachable', notice, start);
  await store.notice('clusters_unreachable', { ...notice, clusters: ['a', 'b'] }, start + 1);
  await store.notice('clusters_back', notice, start + 2);
  const claims = await store.claimDeliveries('slack', 10, start + 2);
  expect(claims.map(({ delivery }) => delivery.kind)).toEqual(['clusters_unreachable', 'clusters_back']);
  expect(claims[0]).toMatchObject({ incident: null, delivery: { notice: { clusters: ['a'] } } });
  expect(await store.claimDeliveries('console', 10, start + 2)).toHaveLength(2);
  await store.finishDelivery(claims[0]!.delivery.id, { kind: 'sent', post }, start);
  await store.notice('clusters_unreachable', notice, start + 3);
  expect(await store.claimDeliveries('slack', 10, start + 3)).toEqual([]);
});

test('NOT-6: who was told to be unreachable and not to be back is read after a restart', async () => {
  const { store, file } = await openTestStore({ groupWaitMs: 0, targets: ['slack', 'console'] });
  const notice = { key: 'dark:1', clusters: ['a', 'b'], since: start, until: null, incidents: 0, detail: '' };
  await store.notice('clusters_unreachable', notice, start);
  await store.notice('clusters_back', { ...notice, key: 'back:1', clusters: ['a'], until: start + 1 }, start + 1);
  await store.close();
  const { store: again } = await openTestStore({}, file);
  expect(await again.notifiedUnreachable()).toEqual([{ cluster: 'b', since: start, key: 'dark:1' }]);
});

test('NOT-6: the message that a cluster is back has the post of the one that it answers', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  const notice = { key: 'dark:1', clusters: ['a'], since: start, until: null, incidents: 0, detail: '' };
  await store.notice('clusters_unreachable', notice, start);
  await store.finishDelivery((await claimOne(store)).delivery.id, { kind: 'sent', post }, start);
  const answers = { key: 'dark:1', stillUnreachable: 0 };
  await store.notice('clusters_back', { ...notice, key: 'back:1', until: due, answers }, due);
  expect(await claimOne(store, due)).toMatchObject({ post, delivery: { kind: 'clusters_back', notice: { answers } } });
});

test('NOT-1: a message knows the last one about its incident that arrived', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const first = await claimOne(store);
  expect(first.previous).toBeNull();
  await store.finishDelivery(first.delivery.id, { kind: 'sent', post }, start);
  const run = await store.claimRun(limits, due);
  await store.finishRun(run!.run.id, runResult(), due + 1000);
  expect((await claimOne(store, due + 1000)).previous).toMatchObject({ id: first.delivery.id, state: 'open' });
});

test('NOT-3: at most as many as asked for are taken, oldest first', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  for (const name of ['a', 'b', 'c']) await receive(store, [signal({ pod: name })], { owner: owner(name) }, start);
  const two = await store.claimDeliveries('slack', 2, start);
  expect(two.map(({ incident }) => incident?.owner.name)).toEqual(['a', 'b']);
  expect((await store.counters()).outbox).toEqual([{ target: 'slack', count: 3, oldestAt: start }]);
});

test('NOT-3: however long the other side asks to wait, the message is due after half an hour and not before', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0 });
  await receive(store, [signal()]);
  const first = await claimOne(store);
  const inADay = { kind: 'retry', notBefore: start + 24 * 60 * minute, error: 'ratelimited' } as const;
  await store.finishDelivery(first.delivery.id, inADay, start);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 30 * minute);
  for (const at of [start, start + minute, start + 29 * minute]) {
    expect(await store.claimDeliveries('slack', 10, at)).toEqual([]);
  }
  expect(await store.claimDeliveries('slack', 10, start + 30 * minute)).toHaveLength(1);
});

test('CFG-7: what waits for its next attempt is due when the way there was changed, of that target alone', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0, targets: ['slack', 'console'] });
  await receive(store, [signal()]);
  const later = { kind: 'retry', notBefore: start + 10 * minute, error: 'auth' } as const;
  for (const target of ['slack', 'console'] as const) {
    const [claim] = await store.claimDeliveries(target, 10, start);
    await store.finishDelivery(claim!.delivery.id, later, start);
  }
  expect(await store.retryDeliveries('slack', start + 1)).toBe(1);
  expect(await store.claimDeliveries('slack', 10, start + 1)).toHaveLength(1);
  expect(await store.claimDeliveries('console', 10, start + 1)).toEqual([]);
});
