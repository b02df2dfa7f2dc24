import { describe, expect, test } from 'vitest';
import { GrowingGraph } from '../../../src/analyst/model/growing-graph.ts';
import { buildWorkloads, containersOf, imageTag, type Workload } from '../../../src/analyst/model/workload.ts';
import { object } from '../../support/kube-objects.ts';
import { TestCluster } from '../cluster.ts';

function workloads(build: (cluster: TestCluster) => void): readonly Workload[] {
  const cluster = new TestCluster();
  build(cluster);
  const graph = new GrowingGraph();
  for (const found of cluster.objects) graph.addObject(found);
  return buildWorkloads(graph);
}
const owned = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
});
const summary = ({ entity, pods, currentPods, desired }: Workload): string =>
  `${entity.kind} ${entity.namespace}/${entity.name} pods ${pods.length} current ${currentPods.length} desired ${desired}`;

describe('QUA-1: the workloads of the evidence', () => {
  test.each<[string, (cluster: TestCluster) => void, string[]]>([
    [
      'a Deployment',
      (c) => c.deployment('ns', 'app', { replicas: 3 }),
      ['Deployment ns/app pods 1 current 1 desired 3'],
    ],
    [
      'scaled to zero',
      (c) => c.deployment('ns', 'app', { replicas: 0 }),
      ['Deployment ns/app pods 0 current 0 desired 0'],
    ],
    [
      'the same name in two namespaces',
      (c) => (c.deployment('b', 'app'), c.deployment('a', 'app')),
      ['Deployment a/app pods 1 current 1 desired 1', 'Deployment b/app pods 1 current 1 desired 1'],
    ],
    [
      'a pod of nobody',
      (c) => c.add('Pod', 'ns', 'solo', { spec: { containers: [] } }),
      ['Pod ns/solo pods 1 current 1 desired 1'],
    ],
    [
      'a pod of the node itself',
      (c) => c.add('Pod', 'ns', 'static-n1', { metadata: owned('Node', 'n1') }),
      ['Pod ns/static-n1 pods 1 current 1 desired 1'],
    ],
    [
      'pods of an older revision are not current',
      (c) => {
        c.deployment('ns', 'app');
        c.add('ReplicaSet', 'ns', 'app-old', {
          metadata: { ...owned('Deployment', 'app'), annotations: { 'deployment.kubernetes.io/revision': '0' } },
        });
        c.add('Pod', 'ns', 'app-old-1', { metadata: owned('ReplicaSet', 'app-old') });
      },
      ['Deployment ns/app pods 2 current 1 desired 1'],
    ],
    [
      'a DaemonSet wants what its status says',
      (c) => c.add('DaemonSet', 'ns', 'agent', { status: { desiredNumberScheduled: 4 } }),
      ['DaemonSet ns/agent pods 0 current 0 desired 4'],
    ],
    [
      'a pod that is being deleted is not current',
      (c) => {
        c.add('StatefulSet', 'ns', 'db', { spec: { replicas: 1 } });
        c.add('Pod', 'ns', 'db-0', {
          metadata: { ...owned('StatefulSet', 'db'), deletionTimestamp: '2026-01-01T10:00:00Z' },
        });
      },
      ['StatefulSet ns/db pods 1 current 0 desired 1'],
    ],
  ])('%s', (_title, build, wanted) => expect(workloads(build).map(summary)).toEqual(wanted));

  test('the newest pod comes first', () => {
    const [workload] = workloads((c) => {
      c.add('StatefulSet', 'ns', 'db', { spec: { replicas: 2 } });
      for (const hour of ['08', '09'])
        c.add('Pod', 'ns', `db-${hour}`, {
          metadata: { ...owned('StatefulSet', 'db'), creationTimestamp: `2026-01-01T${hour}:00:00Z` },
        });
    });
    expect(workload?.pods.map((pod) => pod.name)).toEqual(['db-09', 'db-08']);
  });
});

test.each([
  ['host:5000/shop/cart:1.5.0', '1.5.0'],
  ['host:5000/shop/cart', ''],
  ['cart:latest', 'latest'],
  ['cart@sha256:ab', 'sha256:ab'],
  ['cart:1.0@sha256:ab', 'sha256:ab'],
  ['', ''],
])('the tag of %s', (image, wanted) => expect(imageTag(image)).toBe(wanted));

test('containers come in the order of the spec, init containers first, with or without a status', () => {
  const pod = object('Pod', 'app', {
    spec: {
      initContainers: [{ name: 'mesh', restartPolicy: 'Always' }, { name: 'setup' }],
      containers: [{ name: 'app' }],
    },
    status: {
      containerStatuses: [
        {
          name: 'app',
          ready: true,
          restartCount: 2,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 3, reason: 'Error' } },
        },
      ],
    },
  });
  expect(
    containersOf(pod).map(({ name, init, sidecar, ready, restarts }) => [name, init, sidecar, ready, restarts]),
  ).toEqual([
    ['mesh', true, true, false, 0],
    ['setup', true, false, false, 0],
    ['app', false, false, true, 2],
  ]);
  expect(containersOf(pod)[2]).toMatchObject({
    waitingReason: 'CrashLoopBackOff',
    terminated: null,
    lastTerminated: { exitCode: 3 },
  });
});
