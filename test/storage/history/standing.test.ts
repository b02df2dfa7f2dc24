import { expect, test } from 'vitest';
import { parseMatchers } from '../../../src/domain/silence/matchers.ts';
import { openStateReader } from '../../../src/storage/worker/open.ts';
import { minute, owner, signal, startOfTime as start } from '../../support/signals.ts';
import { openIncident, openTestStore, receive } from '../store-fixture.ts';

test('OPS-3: what stands is listed the worst first, then what nobody has in hand, then the newest, in pages', async () => {
  const { store, file } = await openTestStore();
  await openIncident(store, 'low', 'info', start);
  await openIncident(store, 'old', 'critical', start + 1);
  const hand = await openIncident(store, 'hand', 'critical', start + 2);
  await openIncident(store, 'new', 'critical', start + 3);
  await openIncident(store, 'mid', 'warning', start + 4);
  const gone = await openIncident(store, 'gone', 'critical', start + 5);
  await store.orderIncident(hand, { kind: 'ack', by: 'ana', comment: '' }, start + 6);
  await store.resolveIncident(gone, 'by ana', start + 6);
  const names: string[][] = [];
  let after: string | undefined;
  do {
    const page = await store.standing({ limit: 2, at: start + 7, ...(after !== undefined && { after }) });
    names.push(page.items.map((row) => row.incident.owner.name));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(names).toEqual([['new', 'old'], ['hand', 'mid'], ['low']]);
  const of = async (query: object) =>
    (await store.standing({ limit: 9, at: start + 7, ...query })).items.map((row) => row.incident.owner.name);
  expect(await of({ severity: 'critical' })).toEqual(['new', 'old', 'hand']);
  expect(await of({ cluster: 'prod', severity: 'warning' })).toEqual(['mid']);
  expect(await of({ cluster: 'east' })).toEqual([]);
  expect(await of({ after: 'nonsense' })).toHaveLength(5);
  // A second process reads the same.
  const reader = await openStateReader(file);
  expect(await reader.standing({ limit: 2, at: start + 7 })).toEqual(await store.standing({ limit: 2, at: start + 7 }));
  await reader.close();
});

test('OPS-3: of each that stands: how many faults, since when, and until when nobody is told', async () => {
  const { store } = await openTestStore();
  const since = start - 60 * minute;
  const owned = { owner: owner('api') };
  await receive(store, [signal({ pod: 'api-1', since }), signal({ pod: 'api-2' })], owned);
  expect((await store.standing({ limit: 9, at: start })).items).toMatchObject([{ faults: 2, since, mutedUntil: null }]);
  const endsAt = start + 30 * minute;
  const asked = { startsAt: start, endsAt, author: 'ana', comment: '' };
  await store.addSilence({ matchers: parseMatchers('name=api-1'), ...asked }, start);
  // One of two is not silenced: people are told.
  expect((await store.standing({ limit: 9, at: start })).items).toMatchObject([{ mutedUntil: null }]);
  await store.addSilence({ matchers: parseMatchers('namespace=payments'), ...asked }, start);
  expect((await store.standing({ limit: 9, at: start })).items).toMatchObject([{ mutedUntil: endsAt }]);
  expect((await store.standing({ limit: 9, at: endsAt })).items).toMatchObject([{ mutedUntil: null }]);
});

test('OPS-3: what stands is counted by cluster and severity, of all clusters or of one', async () => {
  const { store, file } = await openTestStore();
  await openIncident(store, 'a', 'critical', start);
  await openIncident(store, 'b', 'critical', start + 1);
  await openIncident(store, 'c', 'info', start + 2);
  const gone = await openIncident(store, 'gone', 'warning', start + 3);
  await store.resolveIncident(gone, 'by ana', start + 4);
  const counts = [
    { cluster: 'prod', severity: 'critical', count: 2 },
    { cluster: 'prod', severity: 'info', count: 1 },
  ];
  expect(await store.standingCounts()).toEqual(counts);
  expect(await store.standingCounts('prod')).toEqual(counts);
  expect(await store.standingCounts('east')).toEqual([]);
  expect((await store.counters()).liveIncidents).toEqual(counts);
  const reader = await openStateReader(file);
  expect(await reader.standingCounts()).toEqual(counts);
  await reader.close();
});
