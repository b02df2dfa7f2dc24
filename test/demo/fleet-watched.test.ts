import { expect, onTestFinished, test } from 'vitest';
import { Sweeper } from '../../src/cluster/sweep/sweeper.ts';
import { startFleet as startDemoFleet } from '../../src/demo/fleet.ts';
import { startFleet as connectFleet } from '../support/cluster-fleet.ts';
import { rootOwnerOf } from '../support/cluster-findings.ts';
import { waitUntil } from '../support/wait-until.ts';

test('UX-1: real connections and real sweeps hear of every fault of the simulated fleet, and of nothing else', async () => {
  const demo = await startDemoFleet({ pace: 5 });
  onTestFinished(() => demo.close());
  const watcher = connectFleet(
    demo.clusters.map(({ name, endpoint }) => ({ name, mcp: { endpoint } })),
    { sweeper: new Sweeper(), sweep: { interval: '1s', interval_without_push: '1s' } },
  );
  onTestFinished(() => watcher.stop());
  for (const { name } of demo.clusters) await watcher.becomes(name, 'active');
  await waitUntil(() => demo.clusters.every(({ name }) => watcher.store.sweepsOf(name) > 0), 'a first sweep of each');
  expect(watcher.store.sweeps.flatMap((report) => report.findings)).toEqual([]);
  expect(watcher.status('staging').source).toBe('sweep');
  expect(demo.clusters.flatMap(({ name }) => watcher.status(name).error ?? [])).toEqual([]);
  expect(watcher.status('prod-eu').source).toBe('push');

  await demo.play(AbortSignal.timeout(10_000));
  const heard = () => [...watcher.store.faults, ...watcher.store.sweeps.flatMap((report) => report.findings)];
  const owners = () =>
    new Set(heard().map(({ cluster, resource }) => `${cluster} ${rootOwnerOf(demo.server(cluster).state, resource)}`));
  const expected = new Set(
    demo.expected.map(({ cluster, owner }) => `${cluster} ${owner.kind}/${owner.namespace ?? ''}/${owner.name}`),
  );
  await waitUntil(() => owners().size >= expected.size, `every fault, heard of ${[...owners()].join(', ')}`, 8000);
  expect(owners()).toEqual(expected);

  // What push told and a sweep saw again is the same fault.
  const ids = (type: string) => heard().filter((fault) => fault.faultType === type && fault.cluster === 'prod-us');
  await waitUntil(() => ids('NodeUnhealthy').length > 1, 'the node by push and by sweep');
  expect(new Set(ids('NodeUnhealthy').map((fault) => fault.faultId)).size).toBe(1);
});
