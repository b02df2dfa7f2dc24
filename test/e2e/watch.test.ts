import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KnownFaultType } from '../../src/domain/fault-types.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../support/control-plane.ts';
import { type ApiCluster, Daemon } from '../support/daemon.ts';
import { allFaults, incidentsOf, metricSum, settled } from '../support/daemon-accounts.ts';
import { compactEtcd, deleteFromEtcd, putInEtcd } from '../support/etcd.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { detectedFaultTypes, standingFaults } from '../support/standing-faults.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const reader = path.join(import.meta.dirname, '..', '..', 'deploy', 'rbac', 'reader.yaml');

/** A daemon that watches a real control plane with nothing but the rights that we ship, and a cluster of nothing but faults. */
describe.skipIf(cannotRun('a daemon that watches a control plane'))('CON-8: a watched control plane', () => {
  const cleanups = new Cleanups();
  let plane: ControlPlane;
  let daemon: Daemon;
  let kubeconfig: string;
  /** What was made, by type. */
  const made: KnownFaultType[] = [];

  beforeAll(async () => {
    plane = await startControlPlane();
    cleanups.add('control plane', () => plane.stop());
    await plane.kubectl(['apply', '-f', reader]);
    kubeconfig = await plane.kubeconfigOf('nightcrier', 'nightcrier-reader');
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    daemon = await Daemon.prepare(
      dir,
      {
        clusters: [{ name: 'east', watch: { kubeconfig } }],
        connection: { backoff_max: '2s', ping_interval: '2s' },
        sweep: { interval_without_push: '2s', clear_after: '4s' },
        notify: { console: false },
      },
      { PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` },
    );
    cleanups.add('daemon', () => daemon.stop());
    await daemon.start();
    await becomes('active');
  }, 120_000);

  afterAll(() => cleanups.run(), 60_000);

  async function east(): Promise<ApiCluster> {
    const { clusters } = await daemon.get<{ clusters: [ApiCluster] }>('/health/clusters');
    return clusters[0];
  }

  function becomes(status: string): Promise<ApiCluster> {
    return daemon.until(
      async () => {
        const cluster = await east();
        return cluster.status === status ? cluster : null;
      },
      `a cluster that is ${status}`,
      60_000,
    );
  }

  /** Makes faults of some types; gives the ms until each was received. */
  async function fail(round: number, ...types: readonly KnownFaultType[]): Promise<Map<string, number>> {
    const took = new Map<string, number>();
    for (const { type, objects } of standingFaults(Date.now(), round)) {
      if (!types.includes(type)) continue;
      const before = new Set((await allFaults(daemon)).map(({ fault_id }) => fault_id));
      const began = performance.now();
      for (const object of objects) await putInEtcd(plane, object);
      await daemon.until(
        async () => (await allFaults(daemon)).some((one) => one.fault_type === type && !before.has(one.fault_id)),
        `a fault of type ${type}`,
        60_000,
      );
      took.set(type, Math.round(performance.now() - began));
      made.push(type);
    }
    return took;
  }

  /** Each fault that was made was received once, from the watch, and nothing else was. */
  async function expectEachOnce(): Promise<void> {
    const all = await allFaults(daemon);
    const types = all.map(({ fault_type }) => fault_type ?? 'none');
    expect(types.toSorted()).toEqual([...made].toSorted());
    expect(new Set(all.map(({ fault_id }) => fault_id)).size).toBe(all.length);
    expect(new Set(all.map(({ source }) => source))).toEqual(new Set(['watch']));
  }

  async function relists(): Promise<number> {
    return metricSum(await daemon.text('/metrics'), 'nightcrier_watch_interruptions_total', 'reason="expired"');
  }

  test('is active with the rights of deploy/rbac, and reports with them too', async () => {
    expect(await east()).toMatchObject({ source: 'watch', error: null, triage_enabled: true });
    await daemon.until(async () => (await east()).permissions?.minimum_met === true, 'its permissions', 30_000);
  });

  test('every fault type that a sweep finds is received a moment after the API knows of it, once', async () => {
    const took = await fail(1, ...detectedFaultTypes);
    expect([...took.keys()].toSorted()).toEqual(detectedFaultTypes.toSorted());
    console.log(`fault to reception, ms: ${[...took].map(([type, ms]) => `${type} ${ms}`).join(', ')}`);
    for (const [type, ms] of took) expect([type, ms < 20_000]).toEqual([type, true]);
    await expectEachOnce();
  }, 120_000);

  test('the API server restarts: it goes on from where it was, nothing is lost and nothing is told twice', async () => {
    const before = (await east()).reconnects;
    const [during] = standingFaults(Date.now(), 2).filter(({ type }) => type === 'ImagePull');
    await plane.restartApi(async () => {
      await becomes('failed');
      // It comes about while nobody can be asked.
      for (const object of during?.objects ?? []) await putInEtcd(plane, object);
    });
    await becomes('active');
    await daemon.until(async () => (await allFaults(daemon)).length > made.length, 'what happened meanwhile');
    made.push('ImagePull');
    await fail(2, 'ClaimPending', 'JobFailure');
    expect((await east()).reconnects).toBeGreaterThan(before);
    await expectEachOnce();
  }, 120_000);

  test('the watch cache is empty and etcd is compacted: what happened since is listed anew, once', async () => {
    const before = await relists();
    const [during] = standingFaults(Date.now(), 3).filter(({ type }) => type === 'ImagePull');
    await plane.restartApi(async () => {
      await becomes('failed');
      for (const object of during?.objects ?? []) await putInEtcd(plane, object);
      await compactEtcd(plane);
    });
    await becomes('active');
    await daemon.until(async () => (await allFaults(daemon)).length > made.length, 'what happened meanwhile');
    made.push('ImagePull');
    await fail(3, 'NodePressure');
    expect(await relists()).toBeGreaterThan(before);
    await expectEachOnce();
  }, 120_000);

  test('the credential is replaced and the old one taken back: no restart, nothing lost, nothing twice', async () => {
    await plane.kubectl(['-n', 'nightcrier', 'delete', 'serviceaccount', 'nightcrier-reader']);
    await daemon.until(async () => (await east()).error?.code === 'NC-WATCH-003', 'a refused credential', 60_000);
    const [during] = standingFaults(Date.now(), 4).filter(({ type }) => type === 'ImagePull');
    for (const object of during?.objects ?? []) await putInEtcd(plane, object);
    await plane.kubectl(['-n', 'nightcrier', 'create', 'serviceaccount', 'nightcrier-reader']);
    const token = await plane.kubectl(['-n', 'nightcrier', 'create', 'token', 'nightcrier-reader']);
    writeFileSync(kubeconfig, kubeconfigText(plane.server, plane.ca, token.trim()));
    await becomes('active');
    await daemon.until(async () => (await allFaults(daemon)).length > made.length, 'what happened meanwhile');
    made.push('ImagePull');
    await fail(4, 'ClaimPending');
    await expectEachOnce();
  }, 120_000);

  test('INT-5: each has its outcome, the sums agree, and each incident has its report', async () => {
    expect(await settled(daemon, 240_000)).toBe(made.length);
    expect((await allFaults(daemon)).every(({ outcome }) => outcome !== null)).toBe(true);
    const reported = async () => (await incidentsOf(daemon)).every(({ report }) => report !== null);
    await waitUntil(reported, 'all reports', 120_000);
    expect((await incidentsOf(daemon)).length).toBeGreaterThan(10);
    const standing = (name: string) => async () =>
      (await incidentsOf(daemon)).some(({ owner, status }) => owner.name === name && status === 'resolved');
    const claim = standingFaults(Date.now(), 4).find(({ type }) => type === 'ClaimPending')?.objects[0];
    const node = standingFaults(Date.now(), 3).find(({ type }) => type === 'NodePressure')?.objects[0];
    if (claim === undefined || node === undefined) throw new Error('no such faults');
    await deleteFromEtcd(plane, claim);
    await putInEtcd(plane, { ...node, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    await daemon.until(standing(claim.metadata.name), 'the end of what is gone', 60_000);
    await daemon.until(standing(node.metadata.name), 'the end of what is well again', 60_000);
    await expectEachOnce();
  }, 600_000);
});
