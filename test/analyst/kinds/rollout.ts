import type { TestCluster } from '../cluster.ts';

type Fields = Record<string, unknown>;

interface Revision {
  readonly spec: Fields;
  /** Status of its pod; without it the pod runs and is ready. */
  readonly status?: Fields;
  readonly node?: string;
}

const oldPod = (name: string): string => `${name}-6b7c9d-q4xkz`;
export const newPod = (name: string): string => `${name}-9f4dbb-7hj2m`;

const ownedBy = (kind: string, name: string) => [
  {
    apiVersion: 'apps/v1',
    kind,
    name,
    uid: `uid-${kind}-${name}`,
    controller: true,
  },
];

export const readyPod = (container: string, startedAt = '2026-01-01T08:00:05Z'): Fields => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
  containerStatuses: [
    {
      name: container,
      ready: true,
      restartCount: 0,
      state: { running: { startedAt } },
    },
  ],
});

export const crashedPod = (container: string, exitCode = 1): Fields => ({
  phase: 'Running',
  conditions: [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
  ],
  containerStatuses: [
    {
      name: container,
      ready: false,
      restartCount: 5,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 1m20s restarting failed container`,
        },
      },
      lastState: {
        terminated: {
          exitCode,
          reason: 'Error',
          finishedAt: '2026-01-01T10:04:00Z',
        },
      },
    },
  ],
});

/** A Deployment with one replica in the middle of a change: the pod of the old revision is ready, that of the new is not. */
export function changing(
  cluster: TestCluster,
  namespace: string,
  name: string,
  revisions: { before: Revision; after: Revision; strategy?: Fields },
): void {
  const labels = { 'app.kubernetes.io/name': name };
  const template = (spec: Fields): Fields => ({ metadata: { labels }, spec });
  cluster.add('Deployment', namespace, name, {
    metadata: { generation: 4, creationTimestamp: '2025-12-01T08:00:00Z' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: template(revisions.after.spec),
      strategy: revisions.strategy ?? {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
      },
    },
    status: {
      observedGeneration: 4,
      replicas: 2,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
      conditions: [
        {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
        },
        {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: `ReplicaSet "${name}-9f4dbb" has timed out progressing.`,
        },
      ],
    },
  });
  addRevision(cluster, [namespace, name, '6b7c9d', '3', oldPod(name)], revisions.before, labels);
  addRevision(cluster, [namespace, name, '9f4dbb', '4', newPod(name)], revisions.after, labels);
}

function addRevision(
  cluster: TestCluster,
  [namespace, name, hash, revision, pod]: readonly [string, string, string, string, string],
  { spec, status, node }: Revision,
  labels: Fields,
): void {
  const set = `${name}-${hash}`;
  const own = { ...labels, 'pod-template-hash': hash };
  const creationTimestamp = status === undefined ? '2025-12-20T08:00:00Z' : '2026-01-01T09:48:00Z';
  cluster.add('ReplicaSet', namespace, set, {
    metadata: {
      creationTimestamp,
      labels: own,
      ownerReferences: ownedBy('Deployment', name),
      annotations: { 'deployment.kubernetes.io/revision': revision },
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: own },
      template: { metadata: { labels: own }, spec },
    },
    status: { replicas: 1, readyReplicas: status === undefined ? 1 : 0 },
  });
  const [container] = spec['containers'] as { name: string }[];
  cluster.add('Pod', namespace, pod, {
    metadata: {
      creationTimestamp,
      labels: own,
      ownerReferences: ownedBy('ReplicaSet', set),
    },
    spec: { ...(node === '' ? {} : { nodeName: node ?? 'n1' }), ...spec },
    status: status ?? readyPod(container?.name ?? ''),
  });
}
