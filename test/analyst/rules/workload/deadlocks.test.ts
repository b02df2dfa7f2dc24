import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend } from '../amend.ts';
import type { More } from '../crash-cause.ts';

type Fields = Record<string, unknown>;

interface Rollout {
  readonly spec?: Fields;
  readonly strategy?: Fields;
  readonly replicas?: number;
  /** Status of the new pod; it crashes unless one is given. */
  readonly status?: Fields;
  readonly log?: string;
  readonly newNode?: string;
  /** Ready pods of the revision before. */
  readonly old?: number;
  readonly oldSpec?: Fields;
}

const image = 'registry.test/app:1.0';
const onClaim: Fields = {
  containers: [{ name: 'app', image, volumeMounts: [{ name: 'd', mountPath: '/data' }] }],
  volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'app-data' } }],
};
const onPath: Fields = {
  containers: [{ name: 'app', image, volumeMounts: [{ name: 'd', mountPath: '/data' }] }],
  volumes: [{ name: 'd', hostPath: { path: '/srv/app' } }],
};

/** A rollout whose new pod is not ready, with ready pods of the revision before. */
function rollout({
  spec = onClaim,
  strategy,
  replicas = 1,
  status,
  log,
  newNode = 'n1',
  old = 1,
  oldSpec,
}: Rollout): TestCluster {
  const cluster = new TestCluster();
  if (status) cluster.deployment('ns', 'app', { spec: { nodeName: newNode, ...spec }, replicas, status });
  else cluster.crash('ns', 'app', { spec: { nodeName: newNode, ...spec }, log: log ?? '' });
  amend(cluster, 'ReplicaSet', 'app', { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } });
  const [deployment] = cluster.objects.filter((one) => one.kind === 'Deployment');
  amend(cluster, 'Deployment', 'app', {
    spec: {
      ...(deployment?.['spec'] as Fields),
      replicas,
      strategy: strategy ?? { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    },
    status: {
      replicas: replicas + 1,
      updatedReplicas: 1,
      readyReplicas: old,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    },
  });
  const owner = (kind: string, name: string) => [
    { apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
  ];
  cluster.add('ReplicaSet', 'ns', 'app-old', {
    metadata: {
      ownerReferences: owner('Deployment', 'app'),
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: { replicas: old, template: { spec: oldSpec ?? spec } },
    status: { readyReplicas: old },
  });
  for (let at = 0; at < old; at += 1) {
    cluster.add('Pod', 'ns', `app-old-${at}`, {
      metadata: { ownerReferences: owner('ReplicaSet', 'app-old'), labels: { app: 'app' } },
      spec: { nodeName: `n${at + 1}`, ...(oldSpec ?? spec) },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          { name: 'app', ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T09:00:00Z' } } },
        ],
      },
    });
  }
  for (const node of ['n1', 'n2']) cluster.node(node);
  return cluster;
}
const about = (cluster: TestCluster) => causeOf(cluster, 'Deployment', 'ns', 'app');
const deadlock = (confidence: string) => `Deployment app rollout_deadlock [RollingUpdate] ${confidence}`;
const pending = (message: string): Fields => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});
const scheduling = (message: string, spec: Fields, more: Rollout = {}): TestCluster => {
  const cluster = rollout({ ...more, spec, status: pending(message), newNode: '' });
  cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'FailedScheduling', message);
  return cluster;
};
const locked = 'ERROR cannot open the store: lock file /data/LOCK: Resource temporarily unavailable\n';

describe('QUA-1: a rollout whose two revisions wait for each other', () => {
  test.each<[string, () => TestCluster, string]>([
    ['a lock on a claim', () => rollout({ log: locked }), deadlock('high')],
    [
      'a lock of another program',
      () => rollout({ log: 'FATAL Database at /data/a.db is already locked by another process\n' }),
      deadlock('high'),
    ],
    ['a lock on a path of the node', () => rollout({ spec: onPath, log: locked }), deadlock('high')],
    [
      'a lock on something that is not seen',
      () =>
        rollout({ spec: { containers: [{ name: 'app', image }] }, log: 'ERROR another instance is already running\n' }),
      deadlock('medium'),
    ],
    [
      'a volume that another node has',
      () => {
        const cluster = rollout({
          newNode: 'n2',
          status: {
            phase: 'Pending',
            containerStatuses: [
              { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
            ],
          },
        });
        cluster.event(
          'Pod',
          'ns',
          'app-5d8f-abcde',
          'FailedAttachVolume',
          'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) app-old-0',
        );
        return cluster;
      },
      deadlock('high'),
    ],
    [
      'a claim for one pod',
      () =>
        scheduling(
          '0/2 nodes are available: 2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode already in-use.',
          onClaim,
        ),
      deadlock('high'),
    ],
    [
      'a port of the host',
      () =>
        scheduling(
          "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
          { containers: [{ name: 'app', image, ports: [{ containerPort: 80, hostPort: 80 }] }] },
          { replicas: 2, old: 2 },
        ),
      deadlock('high'),
    ],
    [
      'a place of its own on each node',
      () =>
        scheduling(
          "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
          {
            containers: [{ name: 'app', image }],
            affinity: {
              podAntiAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'app' } } },
                ],
              },
            },
          },
          { replicas: 2, old: 2 },
        ),
      deadlock('high'),
    ],
    [
      'a lease',
      () => {
        const cluster = rollout({
          status: {
            phase: 'Running',
            containerStatuses: [
              { name: 'app', ready: false, restartCount: 0, state: { running: { startedAt: '2026-01-01T10:00:05Z' } } },
            ],
          },
        });
        cluster.log('ns', 'app-5d8f-abcde', 'app', 'I0101 attempting to acquire leader lease ns/app-leader...\n');
        cluster.add('Lease', 'ns', 'app-leader', {
          spec: { holderIdentity: 'app-old-0_8a6f', renewTime: '2026-01-01T10:05:00Z' },
        });
        return cluster;
      },
      deadlock('high'),
    ],
  ])('%s', async (_title, build, wanted) => {
    expect(await about(build())).toBe(wanted);
  });

  const crash = (more: Rollout): TestCluster => rollout({ log: locked, ...more });
  test.each<[string, () => TestCluster]>([
    ['Recreate lets the old pod go first', () => crash({ strategy: { type: 'Recreate' } })],
    [
      'one may be missing, so an old pod goes',
      () => crash({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } }),
    ],
    ['no old pod is ready', () => crash({ old: 0 })],
    ['the log speaks of something else', () => rollout({ log: 'ERROR config: key "mode" is missing\n' })],
    [
      'a port that another workload has',
      () => {
        const spec = { containers: [{ name: 'app', image, ports: [{ containerPort: 80, hostPort: 80 }] }] };
        const cluster = scheduling(
          "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
          spec,
        );
        cluster.add('Pod', 'ns', 'edge', { spec: { nodeName: 'n2', ...spec }, status: { phase: 'Running' } });
        return cluster;
      },
    ],
  ])('not: %s', async (_title, build) => {
    expect(await about(build())).not.toContain('rollout_deadlock');
  });

  test('the fix fits the strategy, and for one pod of several the others serve on', async () => {
    const [single, several] = await Promise.all(
      [
        rollout({ log: locked }),
        scheduling(
          "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
          { containers: [{ name: 'app', image, ports: [{ containerPort: 80, hostPort: 80 }] }] },
          { replicas: 2, old: 2 },
        ),
      ].map((cluster) => answerAbout(cluster, 'Deployment', 'ns', 'app')),
    );
    expect(single?.verdict.remediation[0]?.command).toContain(
      '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}',
    );
    expect(several?.verdict.remediation[0]?.command).toContain('{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}');
    expect(single?.verdict.causes[0]?.statement).toContain('app-old-0 runs on the same data and holds the lock');
  });
});

describe('QUA-1: a lock that no rollout explains', () => {
  const crashing = (more: More): TestCluster => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { spec: onClaim, log: locked });
    cluster.add('PersistentVolumeClaim', 'ns', 'app-data', { status: { phase: 'Bound' } });
    cluster.node('n1');
    more(cluster);
    return cluster;
  };
  test('another workload runs on the claim', async () => {
    const other: More = (cluster) => cluster.deployment('ns', 'copy', { spec: onClaim, ready: true });
    const { verdict } = await answerAbout(crashing(other), 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]).toMatchObject({
      mechanism: 'rwop_conflict',
      wrong_value: 'app-data',
      confidence: 'high',
    });
    expect(verdict.causes[0]?.statement).toContain(
      'pod copy-5d8f-abcde of Deployment ns/copy runs on the claim app-data too',
    );
  });

  test('nobody else has it: left by a process before', async () => {
    expect(await about(crashing(() => {}))).toBe('PersistentVolumeClaim app-data volume_content [/data/LOCK] medium');
  });

  test('another workload on another claim is no holder', async () => {
    const other: More = (cluster) =>
      cluster.deployment('ns', 'copy', {
        spec: { ...onClaim, volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'copy-data' } }] },
        ready: true,
      });
    expect(await about(crashing(other))).not.toContain('rwop_conflict');
  });
});

describe('QUA-1: a StatefulSet that waits for a broken pod of an old revision', () => {
  const statefulSet = (container: Fields, template: Fields, pod: Fields, spec: Fields = {}): TestCluster => {
    const cluster = new TestCluster();
    cluster.add('StatefulSet', 'ns', 'db', {
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate' },
        selector: { matchLabels: { app: 'db' } },
        template: { metadata: { labels: { app: 'db' } }, spec: { containers: [template] } },
        ...spec,
      },
      status: { replicas: 1, readyReplicas: 0, currentRevision: 'db-1', updateRevision: 'db-2' },
    });
    cluster.add('Pod', 'ns', 'db-0', {
      metadata: {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'uid-StatefulSet-db', controller: true },
        ],
        labels: { app: 'db', 'controller-revision-hash': 'db-1' },
      },
      spec: { nodeName: 'n1', containers: [container] },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [{ name: 'db', ready: false, restartCount: 0, ...pod }],
      },
    });
    cluster.node('n1');
    return cluster;
  };
  const waiting = (reason: string, message: string): Fields => ({ state: { waiting: { reason, message } } });
  const was = { name: 'db', image: 'r.test/db:17-typo' };
  const now = { name: 'db', image: 'r.test/db:17' };
  const cause = (cluster: TestCluster) => causeOf(cluster, 'StatefulSet', 'ns', 'db');
  const pull = waiting('ImagePullBackOff', 'Back-off pulling image "r.test/db:17-typo": ErrImagePull: not found');

  test('the image was corrected, the pod has the old one', async () => {
    const { verdict } = await answerAbout(statefulSet(was, now, pull), 'StatefulSet', 'ns', 'db');
    expect(verdict.causes[0]).toMatchObject({
      mechanism: 'rollout_deadlock',
      wrong_value: 'OrderedReady',
      confidence: 'high',
    });
    expect(verdict.causes[0]?.statement).toContain('r.test/db:17-typo in the pod, r.test/db:17 now');
    expect(verdict.remediation.map(({ command }) => command).join('\n')).toMatch(/-n ns delete pod[ /]db-0/);
  });
  test('OnDelete', async () => {
    expect(await cause(statefulSet(was, now, pull, { updateStrategy: { type: 'OnDelete' } }))).toBe(
      'StatefulSet db rollout_deadlock [OnDelete] high',
    );
  });
  test.each<[string, TestCluster]>([
    ['the template still has the wrong image', statefulSet(was, was, pull)],
    ['the pods are made at once', statefulSet(was, now, pull, { podManagementPolicy: 'Parallel' })],
  ])('not: %s', async (_title, cluster) => {
    expect(await cause(cluster)).not.toContain('rollout_deadlock');
  });
  test('not: a pod of the new revision is not ready either', async () => {
    const cluster = statefulSet(was, now, pull, { updateStrategy: { type: 'OnDelete' } });
    const old = cluster.objects.find((one) => one.kind === 'Pod')!;
    const labels = { app: 'db', 'controller-revision-hash': 'db-2' };
    cluster.objects.push({ ...old, metadata: { ...old.metadata, name: 'db-1', uid: 'uid-db-1', labels } });
    expect(await cause(cluster)).not.toContain('rollout_deadlock');
  });
});
