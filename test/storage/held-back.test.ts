import { expect, test } from 'vitest';
import type { FaultSignal } from '../../src/domain/fault.ts';
import { clusterPolicy, minute, owner, signal, startOfTime as start } from '../support/signals.ts';
import { openTestStore, settleAll, unaccounted } from './store-fixture.ts';

const found = (change: Partial<FaultSignal> & { pod?: string } = {}) => signal({ source: 'sweep', ...change });
const sweep = (findings: FaultSignal[], at: number) => ({ cluster: 'prod', at, findings, observations: [] });
const off = clusterPolicy({
  triageEnabled: false,
  triageDisabledReason: 'permissions: the credential cannot read pods',
});
const on = clusterPolicy();

async function notices(store: Awaited<ReturnType<typeof openTestStore>>['store'], at: number) {
  const claims = await store.claimDeliveries('slack', 100, at);
  return claims.map(({ delivery, incident }) => delivery.notice?.detail ?? incident?.id);
}

test('PER-1: what was recorded while triage was off gets its incident at the next sweep after it is on', async () => {
  const { store } = await openTestStore();
  await store.acceptSweep(sweep([found()], start), off);
  expect(await settleAll(store, { cluster: off })).toMatchObject([{ outcome: 'triage_disabled' }]);
  expect(await store.acceptSweep(sweep([found()], start + minute), off)).toMatchObject({ received: 0 });
  // Nobody knows yet whether it is on: it waits.
  expect(await store.acceptSweep(sweep([found()], start + 2 * minute))).toMatchObject({ received: 0 });

  expect(await store.acceptSweep(sweep([found()], start + 3 * minute), on)).toMatchObject({ received: 1 });
  // Not twice, also when the next sweep comes before its outcome.
  expect(await store.acceptSweep(sweep([found()], start + 4 * minute), on)).toMatchObject({ received: 0 });
  const [settled] = await settleAll(store, {}, start + 4 * minute);
  expect(settled).toMatchObject({ outcome: 'opened' });
  expect(await store.acceptSweep(sweep([found()], start + 5 * minute), on)).toMatchObject({ received: 0 });

  const [episode, ...others] = await store.activeFaults('prod');
  expect(others).toEqual([]);
  expect(episode).toMatchObject({ outcome: 'opened', incidentId: settled!.incidentId, firstSeen: start });
  const why = await store.why('prod', { kind: 'Pod', namespace: 'payments', name: episode!.resource.name });
  expect(why.map(({ reception }) => reception.outcome)).toEqual(['opened', 'triage_disabled']);
  // It stood for a few minutes only: it is told like any other.
  expect(await notices(store, start + 6 * minute)).toEqual([settled!.incidentId]);
  expect(await unaccounted(store)).toBe(1);
});

test('INT-3: a lower threshold takes up what stands below the one before; what is below it stays', async () => {
  const { store } = await openTestStore();
  const strict = clusterPolicy({ severityThreshold: 'critical' });
  const findings = [
    found({ pod: 'a-1', faultType: 'ImagePull', severity: 'warning' }),
    found({ pod: 'b-1', faultType: 'WarningEvent', severity: 'info' }),
  ];
  await store.acceptSweep(sweep(findings, start), strict);
  await settleAll(store, { cluster: strict });
  const lower = clusterPolicy({ severityThreshold: 'warning' });
  expect(await store.acceptSweep(sweep(findings, start + minute), lower)).toMatchObject({ received: 1 });
  await settleAll(store, { cluster: lower }, start + minute);
  expect((await store.activeFaults('prod')).map(({ outcome }) => outcome)).toEqual(['opened', 'below_threshold']);
});

test('INT-4: a backlog that was held back for long is taken up quietly, with one message', async () => {
  const { store } = await openTestStore();
  const findings = Array.from({ length: 20 }, (_, index) => found({ pod: `p-${index}` }));
  await store.acceptSweep(sweep(findings, start), off);
  await settleAll(store, { cluster: off });
  const later = start + 60 * minute;
  const fresh = found({ pod: 'fresh', since: later - minute });
  expect(await store.acceptSweep(sweep([...findings, fresh], later), on)).toMatchObject({ received: 21 });
  const waiting = await store.unsettled(100);
  const inputs = waiting.map(({ seq, signal: fault }) => {
    return { seq, owner: owner(fault?.resource.name), node: null, cluster: on };
  });
  await store.settle(inputs, later);
  const { items } = await store.incidents({ limit: 100 });
  expect(items.map(({ incident }) => incident.quiet).filter((quiet) => quiet)).toHaveLength(20);
  const loud = items.find(({ incident }) => !incident.quiet)?.incident;
  expect(loud?.owner.name).toBe('fresh');
  expect(new Set(await notices(store, later + 3000))).toEqual(
    new Set(['20 faults stood for more than 15m before prod let us look', loud?.id]),
  );
});

test('INT-4: the first contact lasts until a sweep could read everything', async () => {
  const { store } = await openTestStore();
  const old = (pod: string) => found({ pod, since: start - 60 * minute });
  const place = { cluster: on };
  await store.acceptSweep({ ...sweep([old('a')], start), partial: true }, on);
  await settleAll(store, { ...place, owner: owner('a') }, start);
  expect(await notices(store, start)).toEqual(['1 fault stood for more than 15m when prod was first looked at']);
  // The list of nodes could not be read before.
  await store.acceptSweep(sweep([old('a'), old('b'), found({ pod: 'new', since: start })], start + 20 * minute), on);
  await settleAll(store, { ...place, owner: owner('b') }, start + 20 * minute);
  await store.acceptSweep(sweep([old('a'), old('b'), old('c')], start + 40 * minute), on);
  await settleAll(store, { ...place, owner: owner('c') }, start + 40 * minute);
  const quiet = new Map(
    (await store.incidents({ limit: 9 })).items.map(({ incident }) => [incident.owner.name, incident.quiet]),
  );
  expect(quiet.get('a')).toBe(true);
  // b is of one owner with the new one, which makes it loud; c came after everything had been seen.
  expect(quiet.get('b')).toBe(false);
  expect(quiet.get('c')).toBe(false);
});

test('INT-4: a cluster that is removed and added again later is a first contact, told once more', async () => {
  const { store } = await openTestStore();
  const old = (pod: string, at: number) => found({ pod, since: at - 60 * minute });
  await store.acceptSweep(sweep([old('a', start)], start), on);
  await settleAll(store, { owner: owner('a') });
  expect(await notices(store, start)).toHaveLength(1);
  expect(await store.closeRemovedClusters(['other'], start + minute)).toBe(1);
  expect(await store.activeFaults('prod')).toEqual([]);

  const week = start + 7 * 24 * 60 * minute;
  expect(await store.acceptSweep(sweep([old('a', week)], week), on)).toEqual({
    received: 1,
    cleared: 0,
    firstContact: true,
  });
  await settleAll(store, { owner: owner('a') }, week);
  const [again, before] = (await store.incidents({ limit: 9 })).items;
  expect(again?.incident).toMatchObject({ quiet: true, previousId: before?.incident.id });
  expect(before?.incident).toMatchObject({ status: 'resolved', statusReason: 'cluster_removed' });
  expect(await notices(store, week)).toEqual(['1 fault stood for more than 15m when prod was first looked at']);
});
