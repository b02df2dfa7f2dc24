import { expect, test } from 'vitest';
import type { StoreChange } from '../../src/domain/state-store.ts';
import { minute, nodeSignal, owner, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult } from './store-fixture.ts';

test('INT-5: why answers for the pod, for its owner and for its node, with outcome and rule', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal(), signal(), signal({ pod: 'api-2' })], { node: 'n1' });
  await receive(store, [signal({ pod: 'low', severity: 'info' })], {
    owner: owner('low'),
    cluster: { severityThreshold: 'warning' },
  });
  await receive(store, [nodeSignal('n1')], { owner: owner('n1', { kind: 'Node', namespace: null }) });
  const why = async (kind: string, namespace: string | null, name: string) =>
    (await store.why('prod', { kind, namespace, name })).map(({ reception }) => reception.outcome);
  expect(await why('pod', 'payments', 'api-7d9c-x1')).toEqual(['repeated', 'merged']);
  expect(await why('DEPLOYMENT', 'payments', 'api')).toEqual(['merged', 'repeated', 'merged']);
  expect(await why('node', null, 'n1')).toEqual(['opened', 'merged', 'repeated', 'merged']);
  expect(await why('pod', 'payments', 'none')).toEqual([]);
  const [low] = await store.why('prod', { kind: 'Pod', namespace: 'payments', name: 'low' });
  expect(low).toMatchObject({
    reception: { outcome: 'below_threshold', rule: 'severity_threshold: warning', at: start },
    episode: { faultType: 'CrashLoop', count: 1 },
  });
  expect(await store.why('other', { kind: 'pod', namespace: 'payments', name: 'low' })).toEqual([]);
});

test('INT-5: why finds a fault that has no outcome yet', async () => {
  const { store } = await openTestStore();
  await store.accept([signal()], start);
  expect(await store.why('prod', { kind: 'pod', namespace: 'payments', name: 'api-7d9c-x1' })).toMatchObject([
    { reception: { outcome: null }, episode: null },
  ]);
});

test('OPS-1: listings are pages, newest first, with filters', async () => {
  const { store } = await openTestStore();
  for (let index = 0; index < 7; index++) {
    const cluster = index % 2 === 0 ? 'even' : 'odd';
    await receive(store, [signal({ cluster, pod: `p-${index}` })], { owner: owner(`o-${index}`) }, start + index);
  }
  const first = await store.incidents({ limit: 3 });
  const second = await store.incidents({ limit: 3, before: first.next ?? '' });
  const third = await store.incidents({ limit: 3, before: second.next ?? '' });
  const names = [first, second, third].map(({ items }) => items.map(({ incident }) => incident.owner.name));
  expect(names).toEqual([['o-6', 'o-5', 'o-4'], ['o-3', 'o-2', 'o-1'], ['o-0']]);
  expect(third.next).toBeNull();
  expect((await store.incidents({ cluster: 'odd', status: 'open', limit: 10 })).items).toHaveLength(3);
  expect((await store.incidents({ status: 'resolved', limit: 10 })).items).toEqual([]);

  const faults = await store.faults({ cluster: 'even', limit: 3 });
  expect(faults.items.map(({ reception }) => reception.signal?.resource.name)).toEqual(['p-6', 'p-4', 'p-2']);
  const rest = await store.faults({ cluster: 'even', limit: 3, before: faults.next ?? '' });
  expect(rest).toMatchObject({ items: [{ reception: { outcome: 'opened' } }], next: null });
  expect((await store.faults({ outcome: 'merged', limit: 10 })).items).toEqual([]);
  expect((await store.faults({ limit: 10, before: 'nonsense' })).items).toEqual([]);
  expect(await store.incident('inc_none')).toBeNull();
});

test('OPS-2: counters survive a restart', async () => {
  const { store, file } = await openTestStore();
  await receive(store, [signal(), signal()]);
  const before = await store.counters();
  expect(before).toMatchObject({
    received: [{ cluster: 'prod', source: 'push', count: 2, lastAt: start }],
    outcomes: [{ cluster: 'prod', outcome: 'repeated', count: 1 }],
    incidents: [{ cluster: 'prod', status: 'open', count: 1 }],
    openFaults: [{ cluster: 'prod', count: 1 }],
    queuedRuns: 1,
    oldestQueuedAt: start,
    runningRuns: 0,
    outbox: [{ target: 'slack', count: 1, oldestAt: start }],
  });
  await store.close();
  expect(await (await openTestStore({}, file)).store.counters()).toEqual(before);
});

test('OPS-1: changes are told after the commit, in order, and a listener that fails hurts nobody', async () => {
  const { store } = await openTestStore();
  const seen: string[] = [];
  store.onChange(() => {
    throw new Error('a bad listener');
  });
  const stop = store.onChange((changes) => seen.push(...changes.map(nameOf)));
  await receive(store, [signal()]);
  expect(seen).toEqual(['fault null', 'incident open', 'run queued', 'delivery pending', 'fault opened']);
  stop();
  await receive(store, [signal()]);
  expect(seen).toHaveLength(5);
});

function nameOf(change: StoreChange): string {
  if (change.type === 'fault') return `fault ${change.fault.reception.outcome}`;
  if (change.type === 'incident') return `incident ${change.incident.status}`;
  if (change.type === 'feedback') return `feedback ${change.feedback.rating}`;
  if (change.type === 'silence') return `silence ${change.silence.id}`;
  if (change.type === 'question') return `question ${change.question.id}`;
  return change.type === 'run' ? `run ${change.run.status}` : `delivery ${change.delivery.status}`;
}

test('OPS-9: retention deletes what ended long ago, with everything that belongs to it, and counts stay', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal(), signal({ pod: 'web-1', cluster: 'live' })]);
  const claim = await store.claimRun({ ...limits, perCluster: { live: 0 } }, start + 3000);
  await store.finishRun(claim!.run.id, runResult(), start + 4000);
  const [message] = await store.claimDeliveries('slack', 1, start + 4000);
  await store.resolveIncident(claim!.incident.id, 'by anna', start + 5000);
  const active = await store.activeFaults('prod');
  const before = (await store.counters()).received;
  expect((await store.prune(start + minute)).incidents).toEqual([]);
  for (const at of [start + 5 * minute, start + 8 * minute]) {
    const observations = active.map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
    await store.acceptSweep({ cluster: 'prod', at, findings: [], observations });
  }
  expect((await store.prune(start + minute)).incidents).toEqual([]);
  for (const { delivery } of [message!, ...(await store.claimDeliveries('slack', 9, start + minute))]) {
    await store.finishDelivery(delivery.id, { kind: 'dead', error: 'gone' }, start + minute);
  }
  for (const { delivery } of await store.claimDeliveries('slack', 9, start + minute)) {
    await store.finishDelivery(delivery.id, { kind: 'dead', error: 'gone' }, start + minute);
  }
  expect((await store.prune(start)).incidents).toEqual([]);
  expect(await store.prune(start + minute)).toEqual({
    incidents: [{ id: claim!.incident.id, cluster: 'prod' }],
    more: false,
  });
  expect(await store.incident(claim!.incident.id)).toBeNull();
  expect((await store.faults({ limit: 10 })).items.map(({ reception }) => reception.cluster)).toEqual(['live']);
  expect((await store.counters()).received).toEqual(before);
  expect((await store.incidents({ limit: 10 })).items).toHaveLength(1);
});
