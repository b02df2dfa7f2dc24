import { expect, test } from 'vitest';
import { ClusterAccesses, clusterDirectory } from '../../src/app/clusters.ts';
import { configuredFleet } from '../../src/app/settings.ts';
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
  const directory = clusterDirectory(fleet, () => ['with', 'without', 'gone'].map(connection), {
    current: (cluster) => (cluster === 'with' ? denied : null),
  });
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

test('a cluster is read through its credential, else through its server; made once and kept', () => {
  const accesses = new ClusterAccesses(fleet, () => null, {});
  expect(accesses.of('with')?.readers).toHaveLength(2);
  expect(accesses.of('without')?.readers).toHaveLength(1);
  expect(accesses.of('with')).toBe(accesses.of('with'));
  expect(accesses.of('gone')).toBeNull();
});
