import { expect, test } from 'vitest';
import type { Run } from '../../src/domain/records.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { minute, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult } from './store-fixture.ts';

const path = '/data/workspaces/inc/run/output/investigation.html';
const address = 'https://abc.blob.core.windows.net/reports/prod/inc/v-1/investigation.html';
const post = { channel: 'C1', ts: '17.1' };

/** The next run, ended with its report in the workspace. */
async function endRun(
  store: StateStore,
  at: number,
  artifacts: 'stored' | 'waits' | null,
  report = path,
): Promise<Run> {
  const claim = await store.claimRun(limits, at);
  if (claim === null) throw new Error('nothing to claim');
  await store.finishRun(claim.run.id, runResult({ report, artifacts }), at + 1000);
  return claim.run;
}

async function tellAll(store: StateStore, at: number): Promise<(string | null | undefined)[]> {
  const claims = await store.claimDeliveries('slack', 10, at);
  for (const { delivery } of claims) await store.finishDelivery(delivery.id, { kind: 'sent', post }, at);
  return claims.map(({ incident }) => incident?.report);
}

test('STO-4: a report that could not be stored is told with its path, waits, and is told again when it is stored', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const run = await endRun(store, start + minute, 'waits');
  expect(await tellAll(store, start + 2 * minute)).toEqual([path]);
  expect(await store.waitingUploads()).toEqual([
    {
      runId: run.id,
      incidentId: run.incidentId,
      cluster: 'prod',
      attempts: 0,
      createdAt: start + minute + 1000,
      notBefore: start + minute + 1000,
      error: null,
      busy: false,
    },
  ]);
  await store.delayUpload(run.id, 'no such host', start + 9 * minute);
  expect(await store.waitingUploads()).toMatchObject([
    { attempts: 1, error: 'no such host', notBefore: start + 9 * minute },
  ]);
  await store.endUpload(run.id, address, start + 10 * minute);
  expect(await store.waitingUploads()).toEqual([]);
  const detail = await store.incident(run.incidentId);
  expect([detail?.incident.report, detail?.runs[0]?.result?.report]).toEqual([address, address]);
  expect(detail?.incident.status).toBe('reported');
  expect(await tellAll(store, start + 10 * minute)).toEqual([address]);
});

test('STO-4: a report that was given up leaves the path, and says nothing', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const run = await endRun(store, start + minute, 'waits');
  await tellAll(store, start + 2 * minute);
  await store.endUpload(run.id, null, start + 3 * minute);
  expect(await store.waitingUploads()).toEqual([]);
  expect((await store.incident(run.incidentId))?.incident.report).toBe(path);
  expect(await tellAll(store, start + 4 * minute)).toEqual([]);
});

test.each([
  ['stored', []],
  ['waits', ['second']],
  [null, ['first']],
] as const)('STO-4: a later run that is %s decides what waits', async (artifacts, waiting) => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const first = await endRun(store, start + minute, 'waits');
  await store.requestRun(first.incidentId, 'manual', start + 2 * minute);
  const second = await endRun(store, start + 3 * minute, artifacts, '/later');
  const names = new Map([
    [first.id, 'first'],
    [second.id, 'second'],
  ]);
  expect((await store.waitingUploads()).map(({ runId }) => names.get(runId))).toEqual(waiting);

  // What an earlier run stored late does not take the place of a later report.
  await store.endUpload(first.id, address, start + 5 * minute);
  expect((await store.incident(first.incidentId))?.incident.report).toBe('/later');
});

test('STO-4: while a later run goes on the earlier report is not stored', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const first = await endRun(store, start + minute, 'waits');
  await store.requestRun(first.incidentId, 'manual', start + 2 * minute);
  const again = await store.claimRun(limits, start + 3 * minute);
  expect((await store.waitingUploads()).map(({ busy }) => busy)).toEqual([true]);
  await store.returnRun(again?.run.id ?? '', start + 4 * minute);
  expect((await store.waitingUploads()).map(({ busy }) => busy)).toEqual([false]);
});

test('STO-4: what waits goes with its incident, and not before', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  const { incidentId } = await endRun(store, start + minute, 'waits');
  await store.resolveIncident(incidentId, 'by hand', start + 2 * minute);
  for (const { id } of await store.activeFaults('prod')) {
    for (const at of [3, 9]) {
      const observations = [{ episodeId: id, observation: 'absent' as const }];
      await store.acceptSweep({ cluster: 'prod', at: start + at * minute, findings: [], observations });
    }
  }
  await tellAll(store, start + 10 * minute);
  await store.prune(start);
  expect(await store.waitingUploads()).toHaveLength(1);
  expect((await store.prune(start + 60 * minute)).incidents).toHaveLength(1);
  expect(await store.waitingUploads()).toEqual([]);
});
