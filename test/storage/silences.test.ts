import { expect, test } from 'vitest';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import { maxSilences } from '../../src/domain/silence/silences.ts';
import type { FaultSignal, Silence } from '../../src/domain/fault.ts';
import type { NewSilence } from '../../src/domain/cluster-policy.ts';

import type { StateStore } from '../../src/domain/state-store.ts';
import { clusterPolicy, minute, owner, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, settleAll, unaccounted } from './store-fixture.ts';

const found = (change: Partial<FaultSignal> & { pod?: string } = {}) => signal({ source: 'sweep', ...change });
const sweep = (findings: FaultSignal[], at: number) => ({ cluster: 'prod', at, findings, observations: [] });
const on = clusterPolicy();

const asked = (text: string, change: Partial<NewSilence> = {}): NewSilence => ({
  matchers: parseMatchers(text),
  startsAt: start,
  endsAt: start + 60 * minute,
  author: 'ana',
  comment: 'database is moved',
  ...change,
});

async function silence(
  store: StateStore,
  text: string,
  change: Partial<NewSilence> = {},
  at = start,
): Promise<Silence> {
  const answer = await store.addSilence(asked(text, change), at);
  if (answer.kind !== 'made') throw new Error(answer.kind);
  return answer.silence;
}

/** The incidents that a target is told of, as if each message arrived. */
async function told(store: StateStore, at: number): Promise<string[]> {
  const claims = await store.claimDeliveries('slack', 100, at);
  for (const { delivery } of claims) {
    await store.finishDelivery(delivery.id, { kind: 'sent', post: { channel: 'C', ts: delivery.id } }, at);
  }
  return claims.map(({ delivery, incident }) => `${incident?.owner.name} ${delivery.state}`);
}

test('INT-3: a silenced fault is muted, told nobody, and says by which silence', async () => {
  const { store } = await openTestStore();
  const { id } = await silence(store, 'cluster=~"pro.*", namespace=payments');
  const [muted, other] = await receive(store, [signal(), signal({ pod: 'x', cluster: 'east' })]);
  expect(muted).toMatchObject({ outcome: 'muted', rule: `silence: ${id}`, incidentId: null });
  expect(other).toMatchObject({ outcome: 'opened' });
  const { items } = await store.faults({ outcome: 'muted', limit: 10 });
  expect(items).toHaveLength(1);
  expect(await receive(store, [signal()], {}, start + minute)).toMatchObject([
    { outcome: 'repeated', rule: `active, silence: ${id}` },
  ]);
  expect((await store.incidents({ limit: 10 })).items.map(({ incident }) => incident.cluster)).toEqual(['east']);
  await store.claimRun(limits, start + minute);
  expect(await unaccounted(store)).toBe(0);
});

test.each([
  ['its time is over', async () => {}, start + 61 * minute],
  [
    'somebody ends it',
    (store: StateStore, id: string) => store.endSilence(id, 'ben', start + minute),
    start + 2 * minute,
  ],
])(
  'INT-3: when %s and the fault still stands, it gets its incident at the next sweep, once, and is told',
  async (_, end, after) => {
    const { store } = await openTestStore();
    const { id } = await silence(store, 'namespace=payments');
    await store.acceptSweep(sweep([found()], start), on);
    expect(await settleAll(store)).toMatchObject([{ outcome: 'muted' }]);
    expect(await store.acceptSweep(sweep([found()], start + minute), on)).toMatchObject({ received: 0 });
    await end(store, id);
    expect(await store.acceptSweep(sweep([found()], after), on)).toMatchObject({ received: 1 });
    expect(await store.acceptSweep(sweep([found()], after + 1), on)).toMatchObject({ received: 0 });
    const [opened] = await settleAll(store, {}, after);
    expect(opened).toMatchObject({ outcome: 'opened' });
    expect(await store.acceptSweep(sweep([found()], after + minute), on)).toMatchObject({ received: 0 });
    expect(await told(store, after + minute)).toEqual(['api open']);
    expect(await told(store, after + 2 * minute)).toEqual([]);
    expect(await store.activeFaults('prod')).toMatchObject([{ outcome: 'opened', incidentId: opened?.incidentId }]);
  },
);

test('INT-3: one that is taken out of the configuration ends, one that stays holds on, also over a restart', async () => {
  const { store } = await openTestStore();
  const [dev, payments] = ['environment=dev', 'namespace=payments'].map((text) => ({
    ...asked(text),
    startsAt: null,
    endsAt: null,
  }));
  expect(await store.keepSilences([dev!, payments!], start)).toBe(2);
  await store.acceptSweep(sweep([found()], start), on);
  const [muted] = await settleAll(store);
  expect(muted).toMatchObject({ outcome: 'muted', rule: expect.stringMatching(/^silence: file_[0-9a-f]{12}$/) });
  const id = muted?.rule?.split(' ')[1] ?? '';
  // The next start, with another comment; later the file has it no more, then again.
  expect(await store.keepSilences([dev!, { ...payments!, comment: 'longer' }], start + minute)).toBe(1);
  expect(await store.acceptSweep(sweep([found()], start + minute), on)).toMatchObject({ received: 0 });
  expect(await store.endSilence(id, 'ben', start + minute)).toMatchObject({ kind: 'configured' });
  expect(await store.keepSilences([dev!], start + 2 * minute)).toBe(1);
  expect(await store.silences({ ids: [id] })).toMatchObject([
    { comment: 'longer', startsAt: start, endsAt: start + 2 * minute, endedBy: 'configuration' },
  ]);
  expect(await store.acceptSweep(sweep([found()], start + 3 * minute), on)).toMatchObject({ received: 1 });
  await settleAll(store, {}, start + 3 * minute);
  expect(await store.keepSilences([dev!, payments!], start + 4 * minute)).toBe(1);
  expect(await store.silences({ ids: [id] })).toMatchObject([
    { startsAt: start + 4 * minute, endsAt: null, endedBy: null },
  ]);
  expect(await store.keepSilences([dev!, payments!], start + 5 * minute)).toBe(0);
});

test('INT-3: what only push tells is taken up when the sweep sees that its object is ill, else at its next notification', async () => {
  const { store } = await openTestStore();
  const { id } = await silence(store, 'namespace=payments', { endsAt: start + 10 * minute });
  const [ill, dark] = [signal({ pod: 'ill' }), signal({ pod: 'dark' })];
  await receive(store, [ill, dark]);
  const active = await store.activeFaults('prod');
  const seen = (at: number) => ({
    ...sweep([], at),
    observations: active.map(({ id: episodeId, resource }) => ({
      episodeId,
      observation: resource.name === 'ill' ? ('active' as const) : ('unknown' as const),
    })),
  });
  expect(await store.acceptSweep(seen(start + 5 * minute), on)).toMatchObject({ received: 0 });
  expect(await store.acceptSweep(seen(start + 11 * minute), on)).toMatchObject({ received: 1 });
  expect(await store.acceptSweep(seen(start + 12 * minute), on)).toMatchObject({ received: 0 });
  expect(await settleAll(store, { owner: owner('ill') }, start + 12 * minute)).toMatchObject([{ outcome: 'opened' }]);
  expect(await store.acceptSweep(seen(start + 13 * minute), on)).toMatchObject({ received: 0 });
  expect(await receive(store, [dark], { owner: owner('dark') }, start + 14 * minute)).toMatchObject([
    { outcome: 'opened' },
  ]);
  expect((await told(store, start + 15 * minute)).sort()).toEqual(['dark open', 'ill open']);
  expect(id).toMatch(/^sil_/);
});

test('INT-3: other reasons to hold a fault back outlast the silence', async () => {
  const { store } = await openTestStore();
  await silence(store, 'namespace=payments', { endsAt: start + minute });
  const strict = clusterPolicy({ severityThreshold: 'critical' });
  const mild = found({ severity: 'warning' });
  await store.acceptSweep(sweep([mild], start), strict);
  expect(await settleAll(store, { cluster: strict })).toMatchObject([{ outcome: 'below_threshold' }]);
  expect(await store.acceptSweep(sweep([mild], start + 2 * minute), strict)).toMatchObject({ received: 0 });
});

test('INT-3, NOT-3: messages of an incident wait while it is silenced; then its newest state is told, once', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  expect(await told(store, start + 3000)).toEqual(['api open']);
  const { id } = await silence(store, 'namespace=payments', {}, start + 3001);
  const claim = await store.claimRun(limits, start + minute);
  expect(await told(store, start + minute)).toEqual([]);
  await store.finishRun(claim!.run.id, runResult(), start + 2 * minute);
  // It is investigated all the same.
  expect((await store.incident(claim!.incident.id))?.incident).toMatchObject({ status: 'reported' });
  expect(await told(store, start + 2 * minute)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 32 * minute);
  expect(await told(store, start + 40 * minute)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(start + 60 * minute);
  const seen: string[] = [];
  store.onChange((changes) => {
    for (const change of changes)
      if (change.type === 'delivery')
        seen.push(`${change.delivery.status} ${change.delivery.notBefore === start + 41 * minute}`);
  });
  await store.endSilence(id, 'ben', start + 41 * minute);
  expect(seen).toEqual(['held true']);
  expect(await told(store, start + 41 * minute)).toEqual(['api reported']);
  expect(await told(store, start + 70 * minute)).toEqual([]);
});

test('INT-3: an incident that came and went under a silence is not told; one that was told before is told to its end', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal({ pod: 'a' })], { owner: owner('known') });
  expect(await told(store, start + 3000)).toEqual(['known open']);
  await receive(store, [signal({ pod: 'b' })], { owner: owner('unknown') });
  await silence(store, 'namespace=payments', {}, start + 3001);
  for (
    let claim = await store.claimRun({ ...limits, defaultPerCluster: 9 }, start + minute);
    claim;
    claim = await store.claimRun(limits, start + minute)
  ) {
    await store.finishRun(claim.run.id, runResult(), start + minute);
  }
  expect(await told(store, start + minute)).toEqual([]);
  const { items } = await store.incidents({ limit: 9 });
  for (const { incident } of items) await store.resolveIncident(incident.id, 'cleared', start + 2 * minute);
  expect(await told(store, start + 3 * minute)).toEqual([]);
  expect(await told(store, start + 61 * minute)).toEqual(['known resolved']);
  expect(await told(store, start + 120 * minute)).toEqual([]);
});

test('INT-3: an incident with one fault that is not silenced is told', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal({ pod: 'a' }), signal({ pod: 'b', faultType: 'PodCrash' })]);
  await silence(store, 'name=a');
  expect(await told(store, start + 3000)).toEqual(['api open']);
});

test('INT-3, INT-7: a person who asks about a silenced object is answered', async () => {
  const { store } = await openTestStore();
  await silence(store, 'namespace=payments');
  const manual = { signal: signal({ source: 'manual' }), owner: owner(), node: null, cluster: on };
  expect(await store.triageByHand(manual, start + minute)).toMatchObject({ incident: { status: 'open' } });
});

test('INT-3: silences are bounded, and go with retention', async () => {
  const { store } = await openTestStore();
  const all: Silence[] = [];
  for (let number = 0; number < maxSilences; number++) all.push(await silence(store, `name=pod-${number}`));
  expect(await store.addSilence(asked('name=x'), start)).toEqual({ kind: 'too_many', limit: maxSilences });
  await store.endSilence(all[0]!.id, 'ben', start + minute);
  expect(await store.endSilence(all[0]!.id, 'carl', start + 2 * minute)).toMatchObject({
    kind: 'ended',
    silence: { endedBy: 'ben', endsAt: start + minute },
  });
  expect(await store.endSilence('sil_unknown', 'ben', start)).toEqual({ kind: 'unknown' });
  await silence(store, 'name=x', {}, start + 2 * minute);
  await store.prune(start + 2 * minute);
  expect(await store.silences({ ids: [all[0]!.id, all[1]!.id] })).toHaveLength(1);
});

test('INT-3: one that begins later mutes from then on', async () => {
  const { store } = await openTestStore();
  await silence(store, 'namespace=payments', { startsAt: start + 10 * minute });
  expect(await receive(store, [signal()])).toMatchObject([{ outcome: 'opened' }]);
  expect(await receive(store, [signal({ pod: 'b' })], { owner: owner('b') }, start + 10 * minute)).toMatchObject([
    { outcome: 'muted' },
  ]);
  expect(await store.fittingFaults(parseMatchers('team=payments'), { prod: on })).toBe(2);
  expect(await store.fittingFaults(parseMatchers('team=payments'), {})).toBe(0);
});
