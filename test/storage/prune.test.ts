import { expect, test } from 'vitest';
import { clusterPolicy, minute, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, unaccounted } from './store-fixture.ts';

const day = 24 * 60 * minute;
const absent = (episodeId: number) => ({ episodeId, observation: 'absent' as const });

test('OPS-9: what stands keeps its explanation, however old it is', async () => {
  const { store } = await openTestStore();
  const cluster = clusterPolicy({ triageEnabled: false, triageDisabledReason: 'triage.enabled: false' });
  const pod = { kind: 'Pod', namespace: 'payments', name: 'api-7d9c-x1' };
  await receive(store, [signal(), signal()], { cluster });
  expect(await store.prune(start + 60 * day)).toEqual({ incidents: [], more: false });
  const outcomes = (await store.why('prod', pod)).map(({ reception }) => reception.outcome);
  expect(outcomes).toEqual(['triage_disabled']);
  const active = await store.activeFaults('prod');
  expect(active).toHaveLength(1);

  for (const at of [start + 61 * day, start + 62 * day]) {
    const observations = active.map(({ id }) => absent(id));
    await store.acceptSweep({ cluster: 'prod', at, findings: [], observations });
  }
  await store.prune(start + 70 * day);
  expect(await store.why('prod', pod)).toEqual([]);
  expect(await unaccounted(store)).toBe(0);
});

test('OPS-9: more old rows than one call deletes are asked for again, without any incident', async () => {
  const { store } = await openTestStore();
  const invalid = Array.from({ length: 5200 }, () => {
    return { cluster: 'prod', source: 'push' as const, reason: 'no resource', excerpt: '', at: start };
  });
  await store.accept(invalid, start);
  expect(await store.prune(start + day)).toEqual({ incidents: [], more: true });
  expect((await store.faults({ limit: 1000 })).items).toHaveLength(200);
  expect(await store.prune(start + day)).toEqual({ incidents: [], more: false });
  expect((await store.faults({ limit: 1000 })).items).toEqual([]);
});

test('NOT-6: that people know of an unreachable cluster is kept as long as it is unreachable', async () => {
  const { store } = await openTestStore();
  const notice = (key: string, cluster: string) => {
    return { key, clusters: [cluster], since: start, until: null, incidents: 0, detail: '' };
  };
  await store.notice('clusters_unreachable', notice('dark:a', 'a'), start);
  await store.notice('clusters_unreachable', notice('dark:b', 'b'), start);
  await store.notice('clusters_back', notice('back:b', 'b'), start + minute);
  for (const { delivery } of await store.claimDeliveries('slack', 9, start + minute)) {
    const post = { channel: 'C1', ts: delivery.id };
    await store.finishDelivery(delivery.id, { kind: 'sent', post }, start + minute);
  }
  await store.prune(start + 60 * day);
  expect(await store.notifiedUnreachable()).toMatchObject([{ cluster: 'a', since: start }]);
  // What was told of the other one is gone: its notice can be made again.
  await store.notice('clusters_unreachable', notice('dark:b', 'b'), start + 61 * day);
  const again = await store.claimDeliveries('slack', 9, start + 61 * day);
  // With its post, or it would be an edit of what nobody sees any more.
  expect(again.map(({ post }) => post)).toEqual([null]);
});

test('OPS-9: an incident has ended when it is over and nothing of it is under way: no fault, message, report or run', async () => {
  const { store } = await openTestStore();
  const ended = async () => (await store.endedIncidents([id, 'inc_unknown'])).map((one) => [one.cluster, one.endedAt]);
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, start + minute);
  const id = claim!.incident.id;
  await store.finishRun(claim!.run.id, runResult({ artifacts: 'waits' }), start + minute);
  expect(await ended()).toEqual([]);
  await store.resolveIncident(id, 'by anna', start + 2 * minute);
  for (const { delivery } of await store.claimDeliveries('slack', 9, start + 3 * minute)) {
    expect(await ended()).toEqual([]);
    await store.finishDelivery(delivery.id, { kind: 'sent', post: null }, start + 3 * minute);
  }
  await store.endUpload(claim!.run.id, null, start + 4 * minute);
  expect(await ended()).toEqual([]);
  for (const at of [start + 5 * minute, start + 9 * minute]) {
    const observations = (await store.activeFaults('prod')).map((fault) => absent(fault.id));
    await store.acceptSweep({ cluster: 'prod', at, findings: [], observations });
  }
  expect(await ended()).toEqual([['prod', start + 2 * minute]]);
  await store.requestRun(id, 'manual', start + 10 * minute);
  expect(await ended()).toEqual([]);
});
