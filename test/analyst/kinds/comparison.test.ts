import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause, expectQuoted } from './expected.ts';
import { readyPod } from './rollout.ts';

const ownedBy = (kind: string, name: string) => [
  {
    apiVersion: 'apps/v1',
    kind,
    name,
    uid: `uid-${kind}-${name}`,
    controller: true,
  },
];

/** A DaemonSet with a pod on each of four nodes; those named run into `log` and end. */
const onEachNode = (cluster: TestCluster, name: string, broken: readonly string[], log: string): void => {
  const labels = { app: name };
  const containers = [{ name, image: `registry.test/${name}:2.2` }];
  cluster.add('DaemonSet', 'agents', name, {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
    status: {
      desiredNumberScheduled: 4,
      currentNumberScheduled: 4,
      numberReady: 4 - broken.length,
      numberUnavailable: broken.length,
    },
  });
  for (const node of ['w1', 'w2', 'w3', 'w4']) {
    const isBroken = broken.includes(node);
    const pod = `${name}-${node}xyz`;
    cluster.add('Pod', 'agents', pod, {
      metadata: {
        labels: { ...labels, 'controller-revision-hash': '6c4d' },
        ownerReferences: ownedBy('DaemonSet', name),
      },
      spec: { nodeName: node, containers },
      status: isBroken
        ? {
            phase: 'Running',
            conditions: [{ type: 'Ready', status: 'False' }],
            containerStatuses: [
              {
                name,
                ready: false,
                restartCount: 7,
                state: {
                  waiting: {
                    reason: 'CrashLoopBackOff',
                    message: 'back-off 2m40s restarting failed container',
                  },
                },
                lastState: {
                  terminated: {
                    exitCode: 1,
                    reason: 'Error',
                    finishedAt: '2026-01-01T10:04:00Z',
                  },
                },
              },
            ],
          }
        : readyPod(name),
    });
    if (isBroken) cluster.log('agents', pod, name, log, true);
  }
};

const evicted = (cluster: TestCluster, namespace: string, name: string, used: string, startedAt: string): void => {
  const containers = [{ name, image: `registry.test/${name}:1.0` }];
  const message = `The node was low on resource: ephemeral-storage. Threshold quantity: 10736Mi, available: 4012Mi. Container ${name} was using ${used}, request is 0, has larger consumption of ephemeral-storage. `;
  cluster.deployment(namespace, name, {
    spec: { nodeName: 'w2', containers },
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message,
      startTime: startedAt,
    },
  });
  cluster.event('Pod', namespace, `${name}-5d8f-abcde`, 'Evicted', message);
};

describe('QUA-1: pods are compared with each other', () => {
  test('agents of two kinds fail on one node with the same words, and are well on the others', async () => {
    const cluster = new TestCluster();
    for (const node of ['w1', 'w2', 'w3', 'w4']) cluster.node(node);
    onEachNode(cluster, 'meter-agent', ['w3'], 'panic: failed to create file watcher: too many open files\n');
    onEachNode(
      cluster,
      'trace-agent',
      ['w3'],
      'Error: notify watcher could not be created: Too many open files (os error 24)\n',
    );
    await expectCause(cluster, ['DaemonSet', 'agents', 'meter-agent'], {
      cause: 'Node w3 node_limit',
      says: [/w3/, /trace-agent/, /inotify|open files/],
      never: [/2\.2 (?:is faulty|crashes)/],
    });
  });

  test('the reverse: the same words on every node are no matter of one node', async () => {
    const cluster = new TestCluster();
    for (const node of ['w1', 'w2', 'w3', 'w4']) cluster.node(node);
    onEachNode(
      cluster,
      'meter-agent',
      ['w1', 'w2', 'w3', 'w4'],
      'level=fatal msg="sampling.interval must be a duration, got \\"fast\\""\n',
    );
    await expectCause(cluster, ['DaemonSet', 'agents', 'meter-agent'], {
      cause: ['DaemonSet meter-agent app_exit', 'DaemonSet meter-agent bad_config_value'],
      says: [/sampling\.interval/],
      never: [/Node w\d/],
    });
  });

  test('of those that a node evicted for its disk, the one that had filled it is named', async () => {
    const cluster = new TestCluster();
    cluster.node('w2', {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastTransitionTime: '2025-12-01T09:00:00Z',
        },
        {
          type: 'DiskPressure',
          status: 'True',
          reason: 'KubeletHasDiskPressure',
        },
      ],
    });
    evicted(cluster, 'shopfront', 'basket', '212Ki', '2026-01-01T07:00:00Z');
    evicted(cluster, 'media', 'thumbnailer', '41Gi', '2026-01-01T07:00:00Z');
    await expectCause(cluster, ['Deployment', 'shopfront', 'basket'], {
      cause: 'Deployment thumbnailer ephemeral_eviction',
      says: [/thumbnailer/, /41Gi/, /w2/],
      never: [/basket (?:filled|uses too much)/],
    });
  });

  test('a callee with a ready endpoint that answers others is not blamed for a caller that runs out of time', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.running(
      'billing',
      'tariffs',
      'INFO listening on 0.0.0.0:8080\nINFO GET /tariffs 200 4ms\nINFO GET /tariffs 200 3ms\n',
    );
    cluster.service('billing', 'tariffs', { port: 80, targetPort: 8080 });
    cluster.add('EndpointSlice', 'billing', 'tariffs-x1', {
      metadata: { labels: { 'kubernetes.io/service-name': 'tariffs' } },
      ports: [{ port: 8080 }],
      endpoints: [
        {
          addresses: ['10.2.0.9'],
          conditions: { ready: true },
          targetRef: {
            kind: 'Pod',
            namespace: 'billing',
            name: 'tariffs-5d8f-abcde',
          },
        },
      ],
    });
    cluster.crash('billing', 'statements', {
      log: 'ERROR cannot build statements: Get "http://tariffs.billing.svc/tariffs?from=1970": context deadline exceeded (Client.Timeout exceeded while awaiting headers)\n',
    });
    await expectQuoted(
      cluster,
      ['Deployment', 'billing', 'statements'],
      [/tariffs/, /context deadline exceeded/],
      [/tariffs (?:is down|is not ready|does not run|has no)/],
    );
  });

  test('a set-up step calls through a helper of its own pod that starts only after it', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    setUpThrough(cluster, {
      initContainers: [{ name: 'seed', image: 'registry.test/seed:1.0' }],
      containers: [
        { name: 'orders', image: 'registry.test/orders:1.0' },
        {
          name: 'daprd',
          image: 'registry.test/dapr/daprd:1.14',
          ports: [{ containerPort: 3500 }],
          args: ['--dapr-http-port', '3500'],
        },
      ],
    });
    await expectCause(cluster, ['Deployment', 'billing', 'orders'], {
      cause: 'Deployment orders sidecar_order',
      says: [/daprd/, /seed/, /restartPolicy|native|Always/],
    });
  });

  test('the reverse: the helper is a native sidecar that comes first', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    setUpThrough(cluster, {
      initContainers: [
        {
          name: 'daprd',
          image: 'registry.test/dapr/daprd:1.14',
          restartPolicy: 'Always',
          ports: [{ containerPort: 3500 }],
        },
        { name: 'seed', image: 'registry.test/seed:1.0' },
      ],
      containers: [{ name: 'orders', image: 'registry.test/orders:1.0' }],
    });
    await expectCause(cluster, ['Deployment', 'billing', 'orders'], {
      cause: ['Deployment orders init_failed', 'Deployment orders app_exit', 'Deployment orders wrong_endpoint'],
      says: [/3500/],
      never: [/starts (?:only )?(?:after|later)/, /order of/],
    });
  });
});

function setUpThrough(cluster: TestCluster, spec: Record<string, unknown>): void {
  cluster.deployment('billing', 'orders', {
    spec,
    status: {
      phase: 'Pending',
      conditions: [
        {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
        },
      ],
      initContainerStatuses: [
        ...((spec['initContainers'] as { name: string }[]).some(({ name }) => name === 'daprd')
          ? [
              {
                name: 'daprd',
                ready: true,
                started: true,
                restartCount: 0,
                state: { running: { startedAt: '2026-01-01T10:00:02Z' } },
              },
            ]
          : []),
        {
          name: 'seed',
          ready: false,
          restartCount: 4,
          state: {
            waiting: {
              reason: 'CrashLoopBackOff',
              message: 'back-off 40s restarting failed container',
            },
          },
          lastState: {
            terminated: {
              exitCode: 1,
              reason: 'Error',
              finishedAt: '2026-01-01T10:04:00Z',
            },
          },
        },
      ],
    },
  });
  cluster.log(
    'billing',
    'orders-5d8f-abcde',
    'seed',
    'seed: saving state: Post "http://127.0.0.1:3500/v1.0/state/orders": dial tcp 127.0.0.1:3500: connect: connection refused\n',
    true,
  );
}
