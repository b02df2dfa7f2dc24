import type { RunLimits } from '../../src/domain/agent-limits.ts';
import { expect, test } from 'vitest';
import { owner, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, settleAll } from './store-fixture.ts';

const wide: RunLimits = { maxConcurrent: 100, perCluster: {}, defaultPerCluster: 100 };
const due = start + 3000;

test('TRI-1: no more runs than the bounds allow, over all and per cluster, with overrides', async () => {
  const { store } = await openTestStore();
  for (const cluster of ['a', 'b', 'c']) {
    for (const name of ['one', 'two', 'three']) {
      await receive(store, [signal({ cluster, pod: name })], { owner: owner(name) });
    }
  }
  const bounds: RunLimits = { maxConcurrent: 4, perCluster: { b: 2 }, defaultPerCluster: 1 };
  const claims = [];
  for (let claim = await store.claimRun(bounds, due); claim; claim = await store.claimRun(bounds, due))
    claims.push(claim);
  expect(claims.map(({ run }) => run.cluster).sort()).toEqual(['a', 'b', 'b', 'c']);
  await store.finishRun(claims[0]!.run.id, runResult(), due);
  expect((await store.claimRun(bounds, due))?.run.cluster).toBe(claims[0]!.run.cluster);
  expect(await store.claimRun(bounds, due)).toBeNull();
});

test('TRI-1: severity first, then the cluster that was served longest ago, then age', async () => {
  const { store } = await openTestStore();
  const open = (cluster: string, name: string, severity: 'warning' | 'critical', at: number) =>
    receive(store, [signal({ cluster, pod: name, severity })], { owner: owner(name) }, at);
  await open('a', 'a1', 'warning', start);
  await open('a', 'a2', 'warning', start + 1);
  await open('b', 'b1', 'warning', start + 2);
  await open('b', 'b2', 'critical', start + 3);
  await open('a', 'a3', 'warning', start + 4);
  await open('c', 'c1', 'warning', start + 5);
  const order: string[] = [];
  for (let claim = await store.claimRun(wide, due + 10); claim; claim = await store.claimRun(wide, due + 10)) {
    order.push(claim.incident.owner.name);
  }
  expect(order).toEqual(['b2', 'a1', 'c1', 'b1', 'a2', 'a3']);
});

test('TRI-1: nothing starts before group_wait is over, and the next time is known', async () => {
  const { store } = await openTestStore();
  expect(await store.nextRunDue()).toBeNull();
  await receive(store, [signal()]);
  expect(await store.nextRunDue()).toBe(due);
  expect(await store.nextRunDue(due - 1)).toBe(due);
  expect(await store.nextRunDue(due)).toBeNull();
  expect(await store.claimRun(wide, due - 1)).toBeNull();
  expect((await store.claimRun(wide, due))?.run).toMatchObject({ status: 'running', startedAt: due, attempt: 1 });
  expect(await store.nextRunDue()).toBeNull();
});

test('INT-6: what is due and has no slot is queued', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  await receive(store, [signal({ pod: 'web-1' })], { owner: owner('web') });
  await store.claimRun(limits, due);
  const statuses = (await store.incidents({ limit: 10 })).items.map(({ incident }) => incident.status);
  expect(statuses.sort()).toEqual(['investigating', 'queued']);
});

test('TRI-1: a run that is given back, or that the process died in, is taken up again', async () => {
  const { store, file } = await openTestStore();
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, due);
  await store.returnRun(claim!.run.id, due + 1);
  await store.returnRun(claim!.run.id, due + 1);
  const second = await store.claimRun(limits, due + 1);
  expect(second?.run).toMatchObject({ id: claim!.run.id, attempt: 2 });
  await store.close();
  const again = await openTestStore({}, file);
  expect(await again.store.recoverRuns(due + 2)).toBe(1);
  expect(await again.store.recoverRuns(due + 2)).toBe(0);
  const third = await again.store.claimRun(limits, due + 2);
  expect(third?.run).toMatchObject({ id: claim!.run.id, attempt: 3 });
  expect(third?.incident.status).toBe('investigating');
});

test('TRI-1: a run ends once; a second end changes nothing', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, due);
  await store.finishRun(claim!.run.id, runResult(), due + 1);
  const after = await store.finishRun(claim!.run.id, runResult({ cause: 'another' }), due + 2);
  expect(after.cause).toBe('the process exits with 1');
  await expect(store.finishRun('run_none', runResult(), due)).rejects.toThrow('there is no run run_none');
});

test('INT-6: only when even the analyst could not run is an incident failed', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, due);
  const failed = await store.finishRun(claim!.run.id, runResult({ outcome: 'failed', error: 'no space' }), due + 1);
  expect(failed).toMatchObject({ status: 'failed', statusReason: 'no space' });
  const run = await store.requestRun(failed.id, 'manual', due + 2);
  expect(run).toMatchObject({ status: 'queued', notBefore: due + 2 });
  expect((await store.requestRun(failed.id, 'manual', due + 3)).id).toBe(run.id);
});

test('INT-6: a run of a resolved incident by hand gives it a report and does not bring it back', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const [detail] = (await store.incidents({ limit: 1 })).items;
  await store.resolveIncident(detail!.incident.id, 'by anna', start + 1);
  await store.requestRun(detail!.incident.id, 'manual', due);
  const claim = await store.claimRun(limits, due);
  expect(claim?.incident.status).toBe('resolved');
  expect(await store.finishRun(claim!.run.id, runResult(), due + 1)).toMatchObject({
    status: 'resolved',
    statusReason: 'by anna',
    cause: 'the process exits with 1',
  });
});

test('INT-6: an incident that was resolved while its run went on stays resolved and gets the report', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const claim = await store.claimRun(limits, due);
  await store.resolveIncident(claim!.incident.id, 'by anna', due + 1);
  expect(await store.finishRun(claim!.run.id, runResult(), due + 2)).toMatchObject({
    status: 'resolved',
    report: '/reports/index.html',
  });
  await store.recoverRuns(due + 3);
  expect(await store.claimRun(limits, due + 3)).toBeNull();
});

test('TRI-1: faults that join while the run goes on are final at once and part of the incident', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  await store.claimRun(limits, due);
  await store.accept([signal({ pod: 'api-2' })], due + 1);
  const [merged] = await settleAll(store, {}, due + 1);
  expect(merged).toMatchObject({ outcome: 'merged' });
  const [listed] = (await store.faults({ limit: 1 })).items;
  expect(listed?.reception.final).toBe(true);
});
