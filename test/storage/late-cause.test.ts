import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FaultSignal } from '../../src/domain/fault.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { minute, nodeSignal, owner, signal, startOfTime as start } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { limits, openTestStore, receive, runResult, unaccounted } from './store-fixture.ts';
import { StoreModel } from './store-model.ts';

const stalled = signal({ faultType: 'DeploymentFailure', faultId: 'deployment', container: '' });
const pull = signal({ faultType: 'ImagePull' });

const incidents = async (store: StateStore) => (await store.incidents({ limit: 100 })).items;

async function investigate(store: StateStore, at: number, outcome: 'answered' | 'failed' = 'answered') {
  const claim = await store.claimRun(limits, at);
  if (claim === null) throw new Error('no run is due');
  return store.finishRun(claim.run.id, runResult({ outcome }), at + 1000);
}

/** Two sweeps that see these faults gone. */
async function clear(store: StateStore, faultType: string, at: number): Promise<void> {
  for (const when of [at, at + 2 * minute]) {
    const gone = (await store.activeFaults('prod')).filter((fault) => fault.faultType === faultType);
    const observations = gone.map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
    await store.acceptSweep({ cluster: 'prod', at: when, findings: [], observations });
  }
}

test('INT-2: whatever the order and whatever ran meanwhile, an owner with one real cause has one incident', () => {
  const world: Partial<FaultSignal>[] = [
    { faultType: 'DeploymentFailure' },
    { faultType: 'WarningEvent' },
    { faultType: 'StatefulSetStalled', severity: 'warning' },
    { faultType: 'ImagePull' },
  ];
  const faults = world.map((fault) => signal({ ...fault, cluster: 'a', pod: 'app0-0' }));
  const orders = fc.shuffledSubarray(faults, { minLength: faults.length });
  const between = fc.array(fc.constantFrom('wait', 'run', 'start', 'end'), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(orders, between, (order, steps) => {
      const model = new StoreModel(tempDir());
      const end = () => {
        for (const id of model.ids(`SELECT id FROM runs WHERE status = 'running'`)) {
          model.call('finishRun', id, runResult(), model.now);
        }
      };
      try {
        for (const [index, fault] of order.entries()) {
          model.accept([fault]);
          model.settle(10);
          model.now += 10_000;
          if (steps[index] === 'run' || steps[index] === 'start') model.claimRun();
          if (steps[index] === 'run' || steps[index] === 'end') end();
          expect(model.wrongs()).toEqual([]);
        }
        const keys = model.ids(
          `SELECT owner || ' ' || family || ' ' || json_extract(body, '$.title') AS id FROM incidents`,
        );
        // What is below the threshold has no incident, so the rest decides.
        expect(keys).toEqual(['deployment/payments/app0 image ImagePull · payments/app0 (Deployment)']);
      } finally {
        model.close();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('INT-2: a real cause that arrives after the report joins, and asks for one more run', async () => {
  const { store } = await openTestStore();
  const [first] = await receive(store, [stalled]);
  await investigate(store, start + 3000);
  const at = start + 5 * minute;
  const [late] = await receive(store, [pull], {}, at);
  expect(late).toMatchObject({ outcome: 'merged', rule: 'same owner', incidentId: first?.incidentId });
  const [detail, ...others] = await incidents(store);
  expect(others).toEqual([]);
  expect(detail?.incident).toMatchObject({ status: 'queued', family: 'image' });
  const runs = detail?.runs.map(({ trigger, status, notBefore }) => ({ trigger, status, notBefore }));
  expect(runs?.[1]).toEqual({ trigger: 'new_evidence', status: 'queued', notBefore: at + 3000 });
  expect(await unaccounted(store)).toBe(0);
  expect(await investigate(store, at + 3000)).toMatchObject({ status: 'reported', cause: 'the process exits with 1' });
  await receive(store, [signal({ faultType: 'ImagePull', pod: 'api-2' })], {}, at + minute);
  expect((await incidents(store))[0]?.runs).toHaveLength(2);
});

test('INT-2: a failed report asks again as well; a cause of the same family, and one that comes during the run, do not', async () => {
  const { store } = await openTestStore();
  await receive(store, [stalled]);
  await investigate(store, start + 3000, 'failed');
  await receive(store, [pull], {}, start + minute);
  expect((await incidents(store))[0]?.runs.map(({ trigger }) => trigger)).toEqual(['fault', 'new_evidence']);

  const web = { owner: owner('web') };
  await receive(store, [signal({ faultType: 'DeploymentFailure', pod: 'web' })], web, start + minute);
  await store.claimRun({ ...limits, defaultPerCluster: 2 }, start + 2 * minute);
  await store.claimRun({ ...limits, defaultPerCluster: 2 }, start + 2 * minute);
  await receive(store, [signal({ faultType: 'ImagePull', pod: 'web-1' })], web, start + 2 * minute);
  const during = (await incidents(store)).find(({ incident }) => incident.owner.name === 'web');
  expect(during?.incident).toMatchObject({ status: 'investigating', family: 'image' });
  expect(during?.runs).toHaveLength(1);

  const db = { owner: owner('db') };
  await receive(store, [signal({ faultType: 'StatefulSetStalled', pod: 'db' })], db, start + 2 * minute);
  const claim = await store.claimRun({ ...limits, defaultPerCluster: 9 }, start + 3 * minute);
  await store.finishRun(claim?.run.id ?? '', runResult(), start + 3 * minute);
  await receive(store, [signal({ faultType: 'CrashLoop', pod: 'db-0' })], db, start + 4 * minute);
  const same = (await incidents(store)).find(({ incident }) => incident.owner.name === 'db');
  expect(same?.incident.status).toBe('reported');
});

test('INT-2: new evidence asks at most once an hour, however often the cause changes', async () => {
  const { store } = await openTestStore();
  await receive(store, [stalled]);
  await investigate(store, start + 3000);
  await receive(store, [pull], {}, start + minute);
  await investigate(store, start + 2 * minute);
  await clear(store, 'ImagePull', start + 3 * minute);
  await receive(store, [signal({ faultType: 'ConfigError' })], {}, start + 6 * minute);
  const [detail, ...others] = await incidents(store);
  expect(others).toEqual([]);
  expect(detail?.incident).toMatchObject({ family: 'config', status: 'reported' });
  expect(detail?.runs).toHaveLength(2);
  await clear(store, 'ConfigError', start + 10 * minute);
  await receive(store, [signal({ faultType: 'Unschedulable' })], {}, start + 62 * minute);
  expect((await incidents(store))[0]?.runs.map(({ trigger }) => trigger)).toEqual([
    'fault',
    'new_evidence',
    'new_evidence',
  ]);
});

test('INT-6: faults that clear before the second look leave the incident reported until it is over', async () => {
  const { store } = await openTestStore();
  await receive(store, [stalled]);
  await investigate(store, start + 3000);
  await receive(store, [pull], {}, start + minute);
  await clear(store, 'ImagePull', start + minute + 1000);
  await clear(store, 'DeploymentFailure', start + minute + 1000);
  expect((await incidents(store))[0]?.incident.status).toBe('queued');
  expect(await investigate(store, start + 5 * minute)).toMatchObject({ status: 'resolved', statusReason: 'cleared' });
  expect(await unaccounted(store)).toBe(0);
});

test('INT-2: an ended incident takes no new cause in; a node whose first word was an event becomes a node incident', async () => {
  const { store } = await openTestStore();
  const [first] = await receive(store, [stalled]);
  await store.resolveIncident(first?.incidentId ?? '', 'by anna', start + 1000);
  const [after] = await receive(store, [pull], {}, start + 2000);
  expect(after).toMatchObject({ outcome: 'opened' });
  expect(after?.incidentId).not.toBe(first?.incidentId);

  const node = { owner: owner('n1', { kind: 'Node', namespace: null }) };
  await receive(store, [nodeSignal('n1', { faultType: 'WarningEvent', faultId: 'event', severity: 'info' })], node);
  await receive(store, [signal({ pod: 'db-1' })], { owner: owner('db'), node: 'n1' });
  await receive(store, [nodeSignal('n1')], node);
  const found = await incidents(store);
  expect(found.find(({ incident }) => incident.owner.name === 'n1')?.incident).toMatchObject({
    family: 'node',
    title: 'NodeUnhealthy · n1 (Node)',
    severity: 'critical',
  });
  expect(found.find(({ incident }) => incident.owner.name === 'db')?.incident.status).toBe('skipped');
});
