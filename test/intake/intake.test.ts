import { expect, onTestFinished, test } from 'vitest';
import type { ClusterSettings } from '../../src/domain/cluster-policy.ts';
import { type PermissionDirectory, type PermissionSnapshot, unknownPermissions } from '../../src/domain/permissions.ts';
import { StoreUnavailableError, type StateStore } from '../../src/domain/state-store.ts';
import type { FindOwner } from '../../src/intake/find-owners.ts';
import { createIntake, type IntakeOptions } from '../../src/intake/intake.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { openTestStore } from '../storage/store-fixture.ts';
import { owner, signal, startOfTime } from '../support/signals.ts';
import { waitUntil } from '../support/wait-until.ts';

const settings: ClusterSettings = {
  environment: 'production',
  labels: {},
  severityThreshold: 'info',
  triageEnabled: true,
  requireReadOnly: false,
};

function permissionsOf(snapshots: Record<string, PermissionSnapshot> = {}): PermissionDirectory {
  const current = (cluster: string): PermissionSnapshot | null => snapshots[cluster] ?? null;
  return { current, firstAnswer: async (cluster) => current(cluster) };
}

const findOwner: FindOwner = async () => ({ owner: owner(), node: null });

async function started(change: Partial<IntakeOptions> & { store: StateStore }) {
  const intake = createIntake({
    permissions: permissionsOf(),
    settings: () => settings,
    findOwner,
    clock: systemClock,
    logger: silentLogger,
    ...change,
  });
  onTestFinished(() => intake.stop());
  intake.start();
  return intake;
}

async function outcomes(store: StateStore): Promise<(string | null)[]> {
  return (await store.faults({ limit: 1000 })).items.map(({ reception }) => reception.outcome).reverse();
}

test('INT-1: what was accepted before the start is taken up at the start', async () => {
  const { store } = await openTestStore();
  await store.accept([signal(), signal({ pod: 'api-7d9c-x2' })], startOfTime);
  const intake = await started({ store });
  await intake.idle();
  expect(await outcomes(store)).toEqual(['opened', 'merged']);
});

test('INT-5: every accepted fault gets an outcome as it comes', async () => {
  const { store } = await openTestStore();
  const intake = await started({ store });
  for (let round = 0; round < 20; round++) {
    await store.accept([signal({ cluster: `c${round % 5}`, pod: `api-${round}` })], startOfTime);
  }
  await intake.idle();
  expect((await outcomes(store)).filter((outcome) => outcome === 'opened')).toHaveLength(5);
  expect((await outcomes(store)).filter((outcome) => outcome === 'merged')).toHaveLength(15);
});

test('CON-1: a cluster whose owners cannot be found out delays no other', async () => {
  const { store } = await openTestStore();
  const stuck: FindOwner = (cluster, resource, abort) =>
    cluster === 'slow' ? new Promise(() => {}) : findOwner(cluster, resource, abort);
  await started({ store, findOwner: stuck, ownerTimeoutMs: 60_000 });
  await store.accept(
    Array.from({ length: 300 }, (_, index) => signal({ cluster: 'slow', pod: `p-${index}` })),
    startOfTime,
  );
  await store.accept([signal({ cluster: 'fast' })], startOfTime);
  await waitUntil(async () => (await store.incidents({ cluster: 'fast', limit: 1 })).items.length === 1, 'fast one');
  expect((await store.incidents({ cluster: 'slow', limit: 1 })).items).toHaveLength(0);
});

test('INT-2: an owner that nobody can say in time is guessed from the name', async () => {
  const { store } = await openTestStore();
  const intake = await started({ store, findOwner: () => new Promise(() => {}), ownerTimeoutMs: 20 });
  await store.accept([signal({ pod: 'api-7d9c4b5f6-x2x4z' })], startOfTime);
  await intake.idle();
  const [detail] = (await store.incidents({ limit: 1 })).items;
  expect(detail?.incident.owner).toEqual({ kind: 'Deployment', namespace: 'payments', name: 'api', certain: false });
});

test('PER-1: an answered no turns triage off; unknown does not', async () => {
  const { store } = await openTestStore();
  const unknown = unknownPermissions('unknown', startOfTime, 'no kubectl', false);
  const denied = { ...unknown, cluster_name: 'denied', minimum_met: false, can_get_logs: false, error: null };
  const intake = await started({ store, permissions: permissionsOf({ unknown, denied }) });
  await store.accept([signal({ cluster: 'unknown' }), signal({ cluster: 'denied' })], startOfTime);
  await intake.idle();
  const rows = (await store.faults({ limit: 10 })).items.map(({ reception }) => reception);
  expect(rows.find(({ cluster }) => cluster === 'unknown')?.outcome).toBe('opened');
  expect(rows.find(({ cluster }) => cluster === 'denied')).toMatchObject({
    outcome: 'triage_disabled',
    rule: 'permissions: the credential cannot read pods/log',
    incidentId: null,
  });
});

test('PER-1: a fault waits for the first answer about the permissions of its cluster', async () => {
  const { store } = await openTestStore();
  const answer = Promise.withResolvers<PermissionSnapshot | null>();
  const permissions = { current: () => null, firstAnswer: () => answer.promise };
  const intake = await started({ store, permissions });
  await store.accept([signal()], startOfTime);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await outcomes(store)).toEqual([null]);
  answer.resolve(null);
  await intake.idle();
  expect(await outcomes(store)).toEqual(['opened']);
});

test('TRI-9: triage.enabled false records the fault and opens nothing, without asking for permissions', async () => {
  const { store } = await openTestStore();
  const intake = await started({
    store,
    settings: () => ({ ...settings, triageEnabled: false }),
    permissions: { current: () => null, firstAnswer: () => new Promise(() => {}) },
  });
  await store.accept([signal()], startOfTime);
  await intake.idle();
  expect(await outcomes(store)).toEqual(['triage_disabled']);
  expect((await store.incidents({ limit: 1 })).items).toHaveLength(0);
  expect(await store.claimDeliveries('slack', 10, startOfTime + 1e6)).toEqual([]);
});

test('INT-3: a fault below the severity threshold is listed and opens nothing', async () => {
  const { store } = await openTestStore();
  const intake = await started({ store, settings: () => ({ ...settings, severityThreshold: 'critical' }) });
  await store.accept([signal({ faultType: 'ImagePull' }), signal()], startOfTime);
  await intake.idle();
  expect(await outcomes(store)).toEqual(['below_threshold', 'opened']);
});

test('INT-1: a store that cannot be written is tried again, and nothing is lost', async () => {
  const { store } = await openTestStore();
  let failures = 2;
  const flaky: StateStore = {
    ...store,
    settle: async (inputs, at) => {
      if (failures-- > 0) throw new StoreUnavailableError('disk full');
      return store.settle(inputs, at);
    },
  };
  const quick = { ...systemClock, setTimer: (fn: () => void) => systemClock.setTimer(fn, 1) };
  const intake = await started({ store: flaky, clock: quick });
  await store.accept([signal()], startOfTime);
  await intake.idle();
  expect(await outcomes(store)).toEqual(['opened']);
});

test('OPS-5: a stop during an owner lookup leaves the fault waiting in the store', async () => {
  const { store } = await openTestStore();
  let asked = false;
  const hanging: FindOwner = () => {
    asked = true;
    return new Promise(() => {});
  };
  const intake = await started({ store, findOwner: hanging, ownerTimeoutMs: 60_000 });
  await store.accept([signal()], startOfTime);
  await waitUntil(() => asked, 'the lookup');
  await intake.stop();
  expect(await outcomes(store)).toEqual([null]);
});
