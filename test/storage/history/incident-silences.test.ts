import { expect, test } from 'vitest';
import { parseMatchers } from '../../../src/domain/silence/matchers.ts';
import type { StateStore } from '../../../src/domain/state-store.ts';
import { minute, signal, startOfTime as start } from '../../support/signals.ts';
import { limits, openIncident, openTestStore, receive, runResult, settleAll } from '../store-fixture.ts';

/** Makes a silence that holds from and until so many minutes after the start, at the minute `made`. */
async function silence(store: StateStore, text: string, [from, until]: readonly [number, number], made = from) {
  const span = { startsAt: start + from * minute, endsAt: start + until * minute };
  const asked = { matchers: parseMatchers(text), ...span, author: text, comment: '', way: 'cli' } as const;
  const answer = await store.addSilence(asked, start + made * minute);
  if (answer.kind !== 'made') throw new Error(answer.kind);
  return answer.silence;
}

const shown = async (store: StateStore, id: string) =>
  (await store.incidentHistory(id))?.silences.map(({ author }) => author);

test('OPS-3, INT-3: of an incident are the silences that hold while a fault of it stands, the first that was made first', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start + 10 * minute);
  await silence(store, 'cluster=prod', [20, 30]);
  await silence(store, 'owner=~".*/api"', [12, 14], 11);
  await silence(store, 'namespace=payments', [40, 50], 25);
  // Of something else, over before the fault began, and made but over before it.
  await silence(store, 'cluster=other', [20, 30]);
  await silence(store, 'name=api', [1, 10]);
  expect(await shown(store, id)).toEqual(['owner=~".*/api"', 'cluster=prod', 'namespace=payments']);
});

test('OPS-3, INT-3: one that muted the fault before there was an incident is one of them', async () => {
  const { store } = await openTestStore();
  const made = await silence(store, 'namespace=payments', [-60, 5]);
  expect(await receive(store, [signal({ source: 'sweep' })])).toMatchObject([{ outcome: 'muted' }]);
  const findings = [signal({ source: 'sweep' })];
  await store.acceptSweep({ cluster: 'prod', at: start + 6 * minute, findings, observations: [] });
  await store.accept([signal()], start + 6 * minute);
  const opened = (await settleAll(store, {}, start + 6 * minute)).find(({ incidentId }) => incidentId !== null);
  expect((await store.incidentHistory(opened?.incidentId ?? ''))?.silences).toEqual([made]);
});

test('OPS-3, INT-3: after the end nothing holds an incident back, and what ended or was ended early says so', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start);
  const first = await silence(store, 'cluster=prod', [1, 90]);
  await store.endSilence(first.id, 'ben', start + 2 * minute);
  await store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: '' }, start + 5 * minute);
  await silence(store, 'namespace=payments', [6, 60]);
  expect((await store.incidentHistory(id))?.silences).toMatchObject([
    { id: first.id, endsAt: start + 2 * minute, endedBy: 'ben', wasToEndAt: start + 90 * minute },
  ]);
});

test('OPS-3, INT-3: a silence that is ended before it begins held nothing back, one that waits to begin will', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start);
  const given = await silence(store, 'cluster=prod', [60, 90], 1);
  expect((await store.incidentHistory(id))?.silences).toEqual([given]);
  await store.endSilence(given.id, 'bo', start + 2 * minute);
  expect((await store.incidentHistory(id))?.silences).toEqual([]);
});

test('OPS-3, INT-3: a silence that is changed after a page was read is shown as it is now', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start);
  const configured = { matchers: parseMatchers('cluster=prod'), startsAt: null, endsAt: null, author: 'ops' };
  await store.keepSilences([{ ...configured, comment: 'first' }], start + minute);
  const comments = async () => (await store.incidentHistory(id))?.silences.map(({ comment }) => comment);
  expect(await comments()).toEqual(['first']);
  await store.keepSilences([{ ...configured, comment: 'second' }], start + 2 * minute);
  expect(await comments()).toEqual(['second']);
});

test('OPS-3, INT-4: many silences over many faults are bounded, the latest stay', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start);
  for (let at = 0; at < 70; at += 1) await silence(store, `cluster=~"prod|${at}"`, [1 + at, 200], 1 + at);
  const all = await shown(store, id);
  expect(all).toHaveLength(50);
  expect(all?.at(-1)).toBe('cluster=~"prod|69"');
  const claim = await store.claimRun(limits, start + minute);
  await store.finishRun(claim!.run.id, runResult(), start + 2 * minute);
  expect(await shown(store, id)).toEqual(all);
});

test('OPS-3, INT-4: of an incident that has ended its own silences stay, however many are made later', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start);
  const first = await silence(store, 'cluster=prod', [1, 2]);
  await store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: '' }, start + 5 * minute);
  for (let at = 0; at < 1001; at += 1) await silence(store, `cluster=other-${at}`, [10 + 2 * at, 11 + 2 * at]);
  expect((await store.incidentHistory(id))?.silences).toEqual([first]);
});
