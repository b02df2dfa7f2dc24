import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../../src/domain/cluster-status.ts';
import { unknownPermissions } from '../../../src/domain/permissions.ts';
import { now, object, pod, wellPod } from '../../support/kube-objects.ts';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

const node = (name: string, status: string) =>
  object('Node', name, { status: { conditions: [{ type: 'Ready', status }] } });
const objects = [
  node('n1', 'True'),
  node('n2', 'Unknown'),
  object('Namespace', 'shop'),
  wellPod('a'),
  wellPod('b'),
  pod('c', { phase: 'Pending' }),
];

const standing: ClusterStatus = {
  cluster: 'c1',
  state: 'failed',
  source: 'sweep',
  since: now,
  lastEvent: null,
  eventCount: 0,
  lastSweep: null,
  reconnects: 0,
  error: { code: 'NC-CON-001', message: 'no route to host', fix: 'see' },
  retryAt: null,
  environment: 'test',
  labels: {},
  triageEnabled: true,
  triageDisabledReason: null,
  permissions: {
    ...unknownPermissions('c1', now, 'x', true),
    can_get_pods: true,
    can_write: ['create pods'],
    error: null,
  },
};

test('what a cluster has, how it is connected and what its credential may read', async () => {
  const document = () => Promise.resolve({ gitVersion: 'v1.34.4', platform: 'linux/amd64' });
  const reader = Object.assign(new ObjectsReader(objects), { document });
  const call = kubernetesTools(reader, { now: () => now }, { status: () => standing });
  expect(await call('get_cluster_info')).toMatchObject({
    name: 'c1',
    environment: 'test',
    server_version: 'v1.34.4',
    platform: 'linux/amd64',
    nodes: { total: 2, ready: 1 },
    namespaces: 1,
    pods: { total: 3, by_phase: { Pending: 1, Running: 2 } },
    connection: { status: 'failed', source: 'kubeconfig', error: 'no route to host' },
    permissions: { pods: true, logs: null, secrets_allowed: true, can_write: ['create pods'] },
    as_of: new Date(now).toISOString(),
  });
});

test('what cannot be read is left out and said', async () => {
  const reader = new ObjectsReader(objects);
  reader.forbidden.add('Node');
  const given = await kubernetesTools(reader)('get_cluster_info');
  expect(given).toMatchObject({
    server_version: null,
    connection: { status: 'not_kept' },
    permissions: null,
    not_checked: [expect.stringContaining('Node list (forbidden)')],
  });
  expect(given).not.toHaveProperty('nodes');
});

test('a cluster that is not there is none of these', async () => {
  await expect(kubernetesTools(new ObjectsReader())('get_cluster_info', { cluster: 'c2' })).rejects.toMatchObject({
    code: 'unknown_cluster',
  });
});

test('pods of a large cluster are counted by its API: only those that do not run are read', async () => {
  const many = Array.from({ length: 700 }, (_, at) => wellPod(`p${at}`));
  const reader = new ObjectsReader([...many, pod('c', { phase: 'Pending' }), pod('d', { phase: 'Failed' })]);
  let given = 0;
  const list = reader.list.bind(reader);
  reader.list = async (...args) => {
    const answer = await list(...args);
    given += answer.items.length;
    return answer;
  };
  const { pods } = await kubernetesTools(reader, { now: () => now })('get_cluster_info');
  expect(pods).toEqual({ total: 702, by_phase: { Failed: 1, Pending: 1, Running: 700 } });
  expect(given).toBeLessThan(5);
  // A server of tools cannot count.
  reader.list = async (...args) => {
    const { remaining: _, ...answer } = await list(...args);
    return answer;
  };
  expect(await kubernetesTools(reader)('get_cluster_info')).toMatchObject({ pods });
});
