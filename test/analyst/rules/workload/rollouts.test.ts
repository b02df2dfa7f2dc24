import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
const template = { metadata: { labels: { app: 'app' } }, spec: { containers: [{ name: 'app', image: 'a:1' }] } };
const cause = (cluster: TestCluster, kind = 'Deployment', name = 'app', namespace: string | null = 'ns') =>
  causeOf(cluster, kind, namespace, name);

function deployment(spec: Fields, status: Fields, metadata: Fields = {}): TestCluster {
  const cluster = new TestCluster();
  cluster.add('Deployment', 'ns', 'app', {
    metadata: { generation: 2, ...metadata },
    spec: { replicas: 2, selector: { matchLabels: { app: 'app' } }, template, ...spec },
    status,
  });
  return cluster;
}

describe('QUA-1: a Deployment that is paused', () => {
  const wanted = 'Deployment app rollout_paused [paused] high';
  test.each<[string, TestCluster, string]>([
    ['none is up to date', deployment({ paused: true }, { replicas: 2, readyReplicas: 2, updatedReplicas: 0 }), wanted],
    ['half is', deployment({ paused: true }, { replicas: 2, readyReplicas: 2, updatedReplicas: 1 }), wanted],
    [
      'not all are ready',
      deployment({ paused: true }, { replicas: 2, readyReplicas: 1, updatedReplicas: 2, observedGeneration: 2 }),
      wanted,
    ],
    [
      'all are: it is not to blame',
      deployment({ paused: true }, { replicas: 2, readyReplicas: 2, updatedReplicas: 2, observedGeneration: 2 }),
      'no fault',
    ],
    ['paused: false', deployment({ paused: false }, { replicas: 2, readyReplicas: 2, updatedReplicas: 1 }), 'no cause'],
  ])('%s', async (_title, cluster, expected) => {
    expect(await cause(cluster)).toBe(expected);
  });
});

describe('QUA-1: a strategy that takes all pods', () => {
  const rolling = (maxUnavailable: unknown) => ({
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } },
  });
  /** The newest of two revisions has one pod. */
  const rolled = (spec: Fields, ready = false, revisions = 2): TestCluster => {
    const cluster = deployment(spec, { replicas: 2, readyReplicas: ready ? 1 : 0, updatedReplicas: 2 });
    const owner = (kind: string, name: string) => [
      { apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
    ];
    for (let at = 1; at <= revisions; at += 1)
      cluster.add('ReplicaSet', 'ns', `app-${at}`, {
        metadata: {
          ownerReferences: owner('Deployment', 'app'),
          annotations: { 'deployment.kubernetes.io/revision': `${at}` },
        },
        spec: { template },
        status: {},
      });
    cluster.add('Pod', 'ns', 'app-x', {
      metadata: { ownerReferences: owner('ReplicaSet', `app-${revisions}`) },
      spec: { ...template.spec, nodeName: 'n1' },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    });
    return cluster;
  };
  const is = (value: string, confidence: string) => `Deployment app rollout_strategy [${value}] ${confidence}`;
  test.each<[string, TestCluster, string]>([
    ['100%', rolled(rolling('100%')), is('100%', 'high')],
    ['as many as there are', rolled(rolling(2)), is('2', 'high')],
    ['Recreate: a lead', rolled({ strategy: { type: 'Recreate' } }), is('Recreate', 'medium')],
    ['fewer than there are', rolled(rolling(1)), 'no cause'],
    ['25%', rolled(rolling('25%')), 'no cause'],
    ['the first revision', rolled(rolling('100%'), false, 1), 'no cause'],
    ['a new one serves', rolled(rolling('100%'), true), 'no cause'],
  ])('%s', async (_title, cluster, wanted) => {
    expect(await cause(cluster)).toBe(wanted);
  });
});

describe('QUA-1: a strategy never outranks what a pod says that crashes', () => {
  test.each<[string, Fields]>([
    ['Recreate', { type: 'Recreate' }],
    ['all may go', { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%' } }],
  ])('%s', async (_title, strategy) => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log: 'ERROR worker stopped: queue is corrupt\n' });
    const [made] = cluster.objects.filter((one) => one.kind === 'Deployment');
    Object.assign(made?.['spec'] as Fields, { strategy });
    const [set] = cluster.objects.filter((one) => one.kind === 'ReplicaSet');
    Object.assign(set?.metadata ?? {}, { annotations: { 'deployment.kubernetes.io/revision': '2' } });
    cluster.add('ReplicaSet', 'ns', 'app-old', {
      metadata: { ownerReferences: set?.metadata.ownerReferences },
      spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.test/app:1.0' }] } } },
    });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]).toMatchObject({ mechanism: 'app_exit' });
    expect(JSON.stringify(verdict.remediation)).not.toContain('maxUnavailable');
  });
});

describe('QUA-1: a readiness gate', () => {
  const gated = (status: Fields[], ready = true, gates = ['lb.test/attached']): TestCluster => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      spec: { ...template.spec, readinessGates: gates.map((conditionType) => ({ conditionType })) },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' }, ...status],
        containerStatuses: [
          { name: 'app', ready, restartCount: 0, state: { running: { startedAt: '2026-01-01T10:00:00Z' } } },
        ],
      },
    });
    return cluster;
  };
  const wanted = 'Deployment app readiness_gate [lb.test/attached] high';
  test.each<[string, TestCluster, string]>([
    ['nobody sets it', gated([]), wanted],
    ['it is False', gated([{ type: 'lb.test/attached', status: 'False' }]), wanted],
    [
      'the second of two',
      gated([{ type: 'a.test/one', status: 'True' }], true, ['a.test/one', 'lb.test/attached']),
      wanted,
    ],
    ['it is True', gated([{ type: 'lb.test/attached', status: 'True' }]), 'no cause'],
    ['the container is not ready', gated([], false), 'no cause'],
    ['there is no gate', gated([], true, []), 'no cause'],
  ])('%s', async (_title, cluster, expected) => {
    expect(await cause(cluster)).toBe(expected);
  });
});

describe('QUA-1: scaled to zero is only a lead', () => {
  const wanted = (confidence: string) => `Deployment app scaled_to_zero [0] ${confidence}`;
  /** Somebody who calls the Service of it. */
  const called = (replicas: number, event = false): TestCluster => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { replicas, ready: replicas > 0 });
    cluster.service('ns', 'app');
    if (event)
      cluster.event('Deployment', 'ns', 'app', 'ScalingReplicaSet', 'Scaled down replica set app-5d8f from 1 to 0');
    cluster.running('ns', 'web', '2026-01-01 10:00:00 ERROR GET http://app/: connection refused\n'.repeat(5), {
      env: [{ name: 'API', value: 'http://app' }],
    });
    return cluster;
  };
  test('its caller fails', async () => {
    expect(await cause(called(0, true), 'Deployment', 'web')).toBe(wanted('high'));
  });
  test('one replica is not it', async () => {
    expect(await cause(called(1), 'Deployment', 'web')).not.toContain('scaled_to_zero');
  });
});

describe('QUA-1: an object that a finalizer holds', () => {
  const old = '2026-01-01T09:00:00Z';
  const held = (kind: string, finalizers: string[], deletionTimestamp?: string): TestCluster => {
    const cluster = new TestCluster();
    cluster.add(kind, 'ns', 'one', {
      metadata: { finalizers, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
      status: { phase: 'Pending' },
    });
    cluster.event('Pod', 'ns', 'other', 'Pulled', 'an event, for the time');
    return cluster;
  };
  const is = (kind: string) => `${kind} one finalizer_stuck [ops.test/guard] high`;
  test.each<[string, TestCluster, string, string]>([
    [
      'a claim',
      held('PersistentVolumeClaim', ['ops.test/guard'], old),
      'PersistentVolumeClaim',
      is('PersistentVolumeClaim'),
    ],
    [
      'behind one of Kubernetes',
      held('PersistentVolumeClaim', ['kubernetes.io/pvc-protection', 'ops.test/guard'], old),
      'PersistentVolumeClaim',
      is('PersistentVolumeClaim'),
    ],
    [
      'one of Kubernetes alone',
      held('PersistentVolumeClaim', ['kubernetes.io/pvc-protection'], old),
      'PersistentVolumeClaim',
      'no cause',
    ],
    ['it is not being deleted', held('PersistentVolumeClaim', ['ops.test/guard']), 'PersistentVolumeClaim', 'no cause'],
    [
      'deleted a few seconds ago',
      held('PersistentVolumeClaim', ['ops.test/guard'], '2026-01-01T10:04:50Z'),
      'PersistentVolumeClaim',
      'no cause',
    ],
  ])('%s', async (_title, cluster, kind, wanted) => {
    expect(await cause(cluster, kind, 'one')).toBe(wanted);
  });

  const namespace = (status: string, deletionTimestamp?: string): TestCluster => {
    const cluster = new TestCluster();
    const message = 'Some content in the namespace has finalizers remaining: ops.test/guard in 1 resource instances';
    cluster.add('Namespace', null, 'ns', {
      metadata: deletionTimestamp === undefined ? {} : { deletionTimestamp },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Terminating', conditions: [{ type: 'NamespaceFinalizersRemaining', status, message }] },
    });
    return cluster;
  };
  test('a namespace names what holds it', async () => {
    expect(await cause(namespace('True', old), 'Namespace', 'ns', null)).toBe(
      'Namespace ns finalizer_stuck [ops.test/guard] high',
    );
  });
  test.each([
    ['the condition is False', namespace('False', old)],
    ['it is not being deleted', namespace('True')],
  ])('a namespace: %s', async (_title, cluster) => {
    expect(await cause(cluster, 'Namespace', 'ns', null)).not.toContain('finalizer_stuck');
  });
});
