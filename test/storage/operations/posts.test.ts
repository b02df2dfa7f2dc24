import { expect, test } from 'vitest';
import type { StateStore } from '../../../src/domain/state-store.ts';
import { minute, owner, signal, startOfTime as start } from '../../support/signals.ts';
import { openTestStore, receive } from '../store-fixture.ts';

const post = { channel: 'C1', ts: '17.1' };
const silence = { author: 'ana', comment: '', matchers: [{ name: 'cluster', operator: '=' as const, value: 'prod' }] };

/** An incident whose first message is sent. */
async function told(file?: string) {
  const { store, file: at } = await openTestStore({ groupWaitMs: 0, targets: ['slack', 'console'] }, file);
  await receive(store, [signal()]);
  const [claim] = await store.claimDeliveries('slack', 10, start);
  await store.finishDelivery(claim!.delivery.id, { kind: 'sent', post }, start);
  return { store, file: at, id: claim!.incident!.id };
}

async function claimed(store: StateStore, at: number): Promise<string[]> {
  return (await store.claimDeliveries('slack', 10, at)).map(({ delivery }) => delivery.kind);
}

test('NOT-1: a post is known by its place, until it is posted anew elsewhere', async () => {
  const { store, id } = await told();
  expect(await store.incidentOfPost('slack', post)).toBe(id);
  expect(await store.incidentOfPost('slack', { ...post, ts: '17.2' })).toBeNull();
  expect(await store.incidentOfPost('console', post)).toBeNull();
  expect(await store.postOfIncident('slack', id)).toEqual(post);
});

test('NOT-3: what the other side says twice is heard once, also after a restart, for a day', async () => {
  const { store, file } = await told();
  expect([
    await store.hearOnce('e1', start),
    await store.hearOnce('e1', start),
    await store.hearOnce('e2', start),
  ]).toEqual([true, false, true]);
  await store.close();
  const { store: again } = await openTestStore({}, file);
  expect(await again.hearOnce('e1', start + 23 * 60 * minute)).toBe(false);
  expect(await again.hearOnce('e1', start + 25 * 60 * minute)).toBe(true);
});

test('NOT-1: an edit is due when it was asked for, once, and sooner when it is asked for again', async () => {
  const { store, id } = await told();
  await store.showAgain('slack', id, { notBefore: start + 5000 }, start);
  expect(await claimed(store, start)).toEqual([]);
  await store.showAgain('slack', id, { notBefore: start + 10, since: start + 1 }, start + 10);
  const claims = await store.claimDeliveries('slack', 10, start + 10);
  expect(claims).toMatchObject([{ post, delivery: { kind: 'refresh', incidentId: id } }]);
  await store.finishDelivery(claims[0]!.delivery.id, { kind: 'sent', post }, start + 11);
  expect(await claimed(store, start + 6000)).toEqual([]);
});

test('NOT-1: a silence holds messages back and no edit; where there is no post, there is nothing to edit', async () => {
  const { store, id } = await told();
  await store.addSilence({ ...silence, startsAt: start, endsAt: start + minute }, start);
  await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: '' }, start + 1);
  await store.showAgain('slack', id, { notBefore: start + 2, since: start + 1 }, start + 2);
  await store.showAgain('console', id, { notBefore: start }, start + 2);
  await store.showAgain('slack', 'inc_0', { notBefore: start }, start + 2);
  const [edit, ...more] = await store.claimDeliveries('slack', 10, start + 2);
  expect(edit).toMatchObject({ delivery: { kind: 'refresh' }, incident: { acknowledged: { by: 'ana' } } });
  expect(more).toEqual([]);
  // Nothing else about it is sent meanwhile.
  expect(await claimed(store, start + 2 * minute)).toEqual([]);
  await store.finishDelivery(edit!.delivery.id, { kind: 'sent', post }, start + 3);
  expect(await claimed(store, start + 2 * minute)).toEqual(['incident']);
});

test('NOT-1: no edit where a message that was put in since shows it', async () => {
  const { store, id } = await told();
  await store.showAgain('slack', id, { notBefore: start + 5000 }, start);
  await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: '' }, start + 1);
  await store.showAgain('slack', id, { notBefore: start + 2, since: start + 1 }, start + 2);
  expect(await claimed(store, start + 6000)).toEqual(['incident']);
  await store.showAgain('slack', id, { notBefore: start + 3, since: start + 1 }, start + 3);
  await store.showAgain('slack', id, { notBefore: start + 3, since: start + 2 }, start + 3);
  expect(await store.nextDeliveryDue('slack')).toBeNull();
});

test('NOT-3: an edit that a crash left behind is sent; one beside it of another incident does not wait', async () => {
  const { store, file, id } = await told();
  await store.showAgain('slack', id, { notBefore: start }, start);
  expect(await claimed(store, start)).toEqual(['refresh']);
  await store.close();
  const { store: again } = await openTestStore({ groupWaitMs: 0 }, file);
  expect(await again.recoverDeliveries(start + 1)).toBe(1);
  await receive(again, [signal({ pod: 'web-0' })], { owner: owner('web') }, start + 1);
  expect((await claimed(again, start + 1)).sort()).toEqual(['incident', 'refresh']);
});

test('NOT-3: a post that was clicked before its maker could tell of it is known from then on', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0, targets: ['slack'] });
  await receive(store, [signal()]);
  const [first] = await store.claimDeliveries('slack', 10, start);
  const id = first!.incident!.id;
  await store.showAgain('slack', id, { notBefore: start, post }, start);
  await store.showAgain('slack', id, { notBefore: start, post: { ...post, ts: '17.9' } }, start);
  expect(await store.postOfIncident('slack', id)).toEqual(post);
  expect(await claimed(store, start)).toEqual([]);
  await store.recoverDeliveries(start);
  const claims = await store.claimDeliveries('slack', 10, start);
  expect(claims).toMatchObject([{ post }]);
});
