import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause, expectCleared } from './expected.ts';
import { readyPod } from './rollout.ts';

const ownedBy = (kind: string, name: string, apiVersion = 'apps/v1') => [
  { apiVersion, kind, name, uid: `uid-${kind}-${name}`, controller: true },
];

/** Two replicas of a controller, of which one leads and one waits. */
const pair = (cluster: TestCluster, holder: string, renewTime: string): void => {
  const labels = { app: 'stock-controller' };
  const containers = [{ name: 'controller', image: 'registry.test/stock-controller:4.1' }];
  const template = { metadata: { labels }, spec: { containers } };
  cluster.node('n1');
  cluster.add('Deployment', 'stock', 'stock-controller', {
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
    status: {
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
    },
  });
  cluster.add('ReplicaSet', 'stock', 'stock-controller-77c4', {
    metadata: {
      labels,
      ownerReferences: ownedBy('Deployment', 'stock-controller'),
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: { replicas: 2, template },
    status: { replicas: 2, readyReplicas: 1 },
  });
  for (const [pod, status] of [
    ['stock-controller-77c4-aaaaa', readyPod('controller')],
    [
      'stock-controller-77c4-bbbbb',
      {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
        containerStatuses: [
          {
            name: 'controller',
            ready: false,
            restartCount: 0,
            state: { running: { startedAt: '2026-01-01T08:00:05Z' } },
          },
        ],
      },
    ],
  ] as const) {
    cluster.add('Pod', 'stock', pod, {
      metadata: {
        labels,
        ownerReferences: ownedBy('ReplicaSet', 'stock-controller-77c4'),
      },
      spec: { nodeName: 'n1', containers },
      status,
    });
  }
  cluster.log(
    'stock',
    'stock-controller-77c4-bbbbb',
    'controller',
    'I0101 08:00:06.112233       1 leaderelection.go:257] attempting to acquire leader lease stock/stock-controller...\n',
  );
  cluster.log(
    'stock',
    'stock-controller-77c4-aaaaa',
    'controller',
    'I0101 08:00:06.002233       1 leaderelection.go:271] successfully acquired lease stock/stock-controller\n',
  );
  cluster.event(
    'Pod',
    'stock',
    'stock-controller-77c4-bbbbb',
    'Unhealthy',
    'Readiness probe failed: HTTP probe failed with statuscode: 503',
  );
  cluster.add('Lease', 'stock', 'stock-controller', {
    spec: { holderIdentity: holder, leaseDurationSeconds: 15, renewTime },
  });
};

describe('QUA-1: what looks like a fault and is none', () => {
  test('a replica stands by, for the lease is held and renewed by the other one', async () => {
    const cluster = new TestCluster();
    pair(cluster, 'stock-controller-77c4-aaaaa_9d1f', '2026-01-01T10:04:58.000000Z');
    await expectCleared(cluster, ['Deployment', 'stock', 'stock-controller'], [/lease|leader|standby|stands by/i]);
  });

  test('a pod that a shutdown of its node left behind, of a workload that has all its pods', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.running('stock', 'labels', 'listening on :8080\n');
    cluster.add('Pod', 'stock', 'labels-5d8f-zzzzz', {
      metadata: {
        creationTimestamp: '2025-12-30T10:00:00Z',
        labels: { app: 'labels' },
        ownerReferences: ownedBy('ReplicaSet', 'labels-5d8f'),
      },
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'labels', image: 'registry.test/labels:1.0' }],
      },
      status: {
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
        containerStatuses: [
          {
            name: 'labels',
            ready: false,
            restartCount: 0,
            state: {
              terminated: {
                exitCode: 143,
                reason: 'Error',
                finishedAt: '2026-01-01T07:00:00Z',
              },
            },
          },
        ],
      },
    });
    await expectCleared(cluster, ['Deployment', 'stock', 'labels'], [/ready|1 of 1|all/i]);
  });

  test('the reverse: the workload lacks the pod, for a quota refuses the one that should replace it', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.deployment('stock', 'labels', {});
    cluster.objects.splice(
      cluster.objects.findIndex(({ kind }) => kind === 'Pod'),
      1,
    );
    cluster.add('Pod', 'stock', 'labels-5d8f-zzzzz', {
      metadata: {
        labels: { app: 'labels' },
        ownerReferences: ownedBy('ReplicaSet', 'labels-5d8f'),
      },
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'labels', image: 'registry.test/labels:1.0' }],
      },
      status: {
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
      },
    });
    cluster.add('ResourceQuota', 'stock', 'team-stock', {
      spec: { hard: { pods: '6' } },
      status: { hard: { pods: '6' }, used: { pods: '6' } },
    });
    cluster.event(
      'ReplicaSet',
      'stock',
      'labels-5d8f',
      'FailedCreate',
      'Error creating: pods "labels-5d8f-k7p2q" is forbidden: exceeded quota: team-stock, requested: pods=1, used: pods=6, limited: pods=6',
    );
    await expectCause(cluster, ['Deployment', 'stock', 'labels'], {
      cause: 'ResourceQuota team-stock quota_exceeded',
      says: [/pods/, /6/],
      never: [/shutdown/],
    });
  });

  test('a claim of a class that waits for its first pod, and no pod wants it yet', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('StorageClass', null, 'zonal-ssd', {
      provisioner: 'pd.csi.cloud.test',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    cluster.add('PersistentVolumeClaim', 'stock', 'reindex-scratch', {
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'zonal-ssd',
        resources: { requests: { storage: '50Gi' } },
      },
      status: { phase: 'Pending' },
    });
    await expectCleared(
      cluster,
      ['PersistentVolumeClaim', 'stock', 'reindex-scratch'],
      [/zonal-ssd/, /when a pod uses the claim/],
    );
  });

  test('the reverse: a pod does want it, and the provisioner has no room left', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('StorageClass', null, 'zonal-ssd', {
      provisioner: 'pd.csi.cloud.test',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    cluster.add('PersistentVolumeClaim', 'stock', 'reindex-scratch', {
      metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'zonal-ssd',
        resources: { requests: { storage: '50Gi' } },
      },
      status: { phase: 'Pending' },
    });
    cluster.pending('stock', 'reindex', '', {
      volumes: [{ name: 's', persistentVolumeClaim: { claimName: 'reindex-scratch' } }],
    });
    cluster.event(
      'PersistentVolumeClaim',
      'stock',
      'reindex-scratch',
      'ProvisioningFailed',
      'failed to provision volume with StorageClass "zonal-ssd": rpc error: code = ResourceExhausted desc = googleapi: Error 403: Quota \'SSD_TOTAL_GB\' exceeded. Limit: 500.0 in region r1., quotaExceeded',
    );
    const words = [/SSD_TOTAL_GB/, /500/];
    await expectCause(cluster, ['PersistentVolumeClaim', 'stock', 'reindex-scratch'], {
      cause: ['PersistentVolumeClaim reindex-scratch other', 'StorageClass zonal-ssd other'],
      says: words,
      never: [/first (?:pod|consumer)/, /ResourceQuota/, /does not exist/],
    });
  });

  test('a rollout whose new pod pulls its image, minutes before its deadline', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.deployment('stock', 'shelves', {
      replicas: 1,
      status: {
        phase: 'Pending',
        startTime: '2026-01-01T10:04:40Z',
        conditions: [
          {
            type: 'Ready',
            status: 'False',
            lastTransitionTime: '2026-01-01T10:04:40Z',
          },
        ],
        containerStatuses: [
          {
            name: 'shelves',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ContainerCreating' } },
          },
        ],
      },
    });
    for (const object of cluster.objects) {
      if (object.kind === 'Node') continue;
      Object.assign(object.metadata, {
        creationTimestamp: '2026-01-01T10:04:38Z',
      });
      if (object.kind !== 'Deployment') continue;
      Object.assign((object as unknown as { status: object }).status, {
        conditions: [
          {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            message: 'ReplicaSet "shelves-5d8f" is progressing.',
            lastUpdateTime: '2026-01-01T10:04:40Z',
            lastTransitionTime: '2026-01-01T10:04:38Z',
          },
          {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
          },
        ],
      });
    }
    cluster.add('Event', 'stock', 'shelves-pull', {
      involvedObject: {
        kind: 'Pod',
        namespace: 'stock',
        name: 'shelves-5d8f-abcde',
      },
      reason: 'Pulling',
      type: 'Normal',
      message: 'Pulling image "registry.test/shelves:1.0"',
      firstTimestamp: '2026-01-01T10:04:42Z',
      lastTimestamp: '2026-01-01T10:04:42Z',
    });
    await expectCleared(cluster, ['Deployment', 'stock', 'shelves'], [/deadline|under way|in progress|progressing/i]);
  });
});
