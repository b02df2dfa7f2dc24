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
