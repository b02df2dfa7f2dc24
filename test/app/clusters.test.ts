import { expect, test } from 'vitest';
import { ClusterAccesses, clusterDirectory } from '../../src/app/clusters.ts';
import { configuredFleet } from '../../src/app/settings.ts';
import { heardBefore } from '../../src/cluster/connection/state.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { ConnectionStatus } from '../../src/domain/cluster-status.ts';
import { unknownPermissions } from '../../src/domain/permissions.ts';

const mcp = { endpoint: 'http://127.0.0.1:1/mcp' };
const triage = { enabled: true, kubeconfig: '/nowhere/k.yaml' };
const config = configSchema.parse({
  data_dir: '/data',
  clusters: [
    { name: 'with', environment: 'production', labels: { team: 'a' }, mcp, triage },
    { name: 'without', mcp, triage: { enabled: false } },
  ],
});
const fleet = configuredFleet(config);

const connection = (cluster: string): ConnectionStatus => ({
  cluster,
  state: 'active',
  source: 'push',
  since: 0,
  lastEvent: null,
  eventCount: 0,
  lastSweep: null,
  reconnects: 0,
  error: null,
  retryAt: null,
});

test('PER-4 OPS-1: health shows a connection with what is configured and what its credential may do', () => {
  const denied = { ...unknownPermissions('with', 0, 'x', false), minimum_met: false, can_get_logs: false, error: null };
  const directory = clusterDirectory(
    () => fleet,
    () => ['with', 'without', 'gone'].map(connection),
    {
      current: (cluster) => (cluster === 'with' ? denied : null),
    },
  );
  expect(directory.statuses()).toMatchObject([
    {
      cluster: 'with',
      environment: 'production',
      labels: { team: 'a' },
      triageEnabled: false,
      triageDisabledReason: 'permissions: the credential cannot read pods/log',
      permissions: denied,
    },
    { cluster: 'without', environment: null, triageDisabledReason: 'triage.enabled: false', permissions: null },
  ]);
});

test('OPS-1: what was heard of a cluster before counts pushes and what sweeps found, not what people asked for', () => {
  const heard = heardBefore({
    received: [
      { cluster: 'with', source: 'manual', count: 4, lastAt: 9000 },
      { cluster: 'with', source: 'push', count: 2, lastAt: 5000 },
      { cluster: 'with', source: 'sweep', count: 3, lastAt: 7000 },
      { cluster: 'without', source: 'push', count: 1, lastAt: null },
    ],
  });
  expect(heard('with')).toEqual({ eventCount: 5, lastEvent: 7000 });
  expect(heard('without')).toEqual({ eventCount: 1, lastEvent: null });
  expect(heard('gone')).toBeUndefined();
});

test('a cluster is read through its credential, else through its server; made once and kept', () => {
  const accesses = new ClusterAccesses(
    () => fleet,
    () => null,
    {},
  );
  expect(accesses.of('with')?.readers).toHaveLength(2);
  expect(accesses.of('without')?.readers).toHaveLength(1);
  expect(accesses.of('with')).toBe(accesses.of('with'));
  expect(accesses.of('gone')).toBeNull();
});

test('TEL-9: a kubeconfig is the only way where there is one; else the way through Teleport, then the tools of the server', async () => {
  const teleport = { cluster: 'staging', node: 'k8s-1' };
  const through = configuredFleet(
    configSchema.parse({
      teleport: { proxy: 'teleport.example.com', user: 'svc', home: '/nowhere' },
      clusters: [
        { name: 'both', mcp, triage, teleport },
        { name: 'there', mcp, teleport: { ...teleport, node: 'k8s-2' } },
        { name: 'only', teleport: { ...teleport, node: 'k8s-3' } },
        { name: 'neither', mcp, triage: { enabled: false } },
      ],
    }),
  );
  const accesses = new ClusterAccesses(
    () => through,
    () => null,
    {},
  );
  const ways = [...through.keys()].map((name) => [
    name,
    accesses.of(name)?.readers.length,
    accesses.throughTeleport(name) !== null,
  ]);
  expect(ways).toEqual([
    ['both', 2, false],
    ['there', 2, true],
    ['only', 2, true],
    ['neither', 1, false],
  ]);
  // With the kubeconfig that is not there, and not with root's kubectl.
  await expect(accesses.apiOf('both')).rejects.toMatchObject({ code: 'NC-KUBE-001' });
  expect(await accesses.apiOf('there')).toBe(accesses.throughTeleport('there')?.api);
  expect(await accesses.apiOf('neither')).toBeNull();
  // Over ssh everything takes longer.
  expect(accesses.forAnalyst().budgetOf('both')).toEqual({});
  expect(accesses.forAnalyst().budgetOf('there')).toEqual({ milliseconds: 100_000 });
  const before = accesses.throughTeleport('there');
  accesses.forget(['there']);
  expect(accesses.throughTeleport('there')).not.toBe(before);
  await accesses.close();
});
