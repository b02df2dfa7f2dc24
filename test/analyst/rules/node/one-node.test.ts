import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

interface Pod {
  readonly node: string;
  readonly ready: boolean;
  readonly log?: string;
  readonly hash?: string;
  readonly created?: string;
}

const lost = 'ERROR lookup failed: dial tcp 10.0.0.10:443: i/o timeout\n'.repeat(5);
const end = { exitCode: 1, reason: 'Error', finishedAt: '2026-01-01T10:04:00Z' };

/** A workload with pods on nodes; one that is not ready crashes with its log, one that is ready may log errors. */
function put(cluster: TestCluster, kind: string, name: string, pods: readonly Pod[]): void {
  const labels = { app: name };
  const spec = { containers: [{ name, image: `registry.test/${name}:1` }] };
  const ready = pods.filter((pod) => pod.ready).length;
  cluster.add(kind, 'ns', name, {
    spec: { replicas: pods.length, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    status: {
      replicas: pods.length,
      readyReplicas: ready,
      updatedReplicas: pods.length,
      desiredNumberScheduled: pods.length,
      numberReady: ready,
    },
  });
  const owner = kind === 'Deployment' ? `${name}-5d8f` : name;
  const owned = { apiVersion: 'apps/v1', controller: true };
  if (kind === 'Deployment') {
    cluster.add('ReplicaSet', 'ns', owner, {
      metadata: {
        labels,
        ownerReferences: [{ ...owned, kind, name, uid: 'd' }],
        annotations: { 'deployment.kubernetes.io/revision': '1' },
      },
      spec: { replicas: pods.length },
    });
  }
  for (const [at, pod] of pods.entries()) {
    const reference = { ...owned, kind: kind === 'Deployment' ? 'ReplicaSet' : kind, name: owner, uid: 'r' };
    const state = pod.ready
      ? { ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T09:00:05Z' } } }
      : {
          ready: false,
          restartCount: 5,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: end },
        };
    cluster.add('Pod', 'ns', `${name}-${at}`, {
      metadata: {
        creationTimestamp: pod.created ?? '2026-01-01T09:00:00Z',
        labels: { ...labels, 'pod-template-hash': pod.hash ?? '5d8f' },
        ownerReferences: [reference],
      },
      spec: { nodeName: pod.node, ...spec },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: pod.ready ? 'True' : 'False' }],
        containerStatuses: [{ name, ...state }],
      },
    });
    if (pod.log !== undefined) cluster.log('ns', `${name}-${at}`, name, pod.log, !pod.ready);
  }
}

/** The node's own pod of a DaemonSet of the system. */
function agent(cluster: TestCluster, name: string, node: string, ready: boolean): void {
  cluster.add('Pod', 'kube-system', `${name}-x1`, {
    metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name, uid: 'a', controller: true }] },
    spec: { nodeName: node, containers: [{ name, image: `registry.test/${name}:1` }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        { name, ready, restartCount: 9, state: ready ? { running: {} } : { waiting: { reason: 'CrashLoopBackOff' } } },
      ],
    },
  });
}

const bad = (log: string, more: Partial<Pod> = {}): Pod => ({ node: 'n2', ready: false, log, ...more });
const good = (node: string, more: Partial<Pod> = {}): Pod => ({ node, ready: true, ...more });

type Build = (cluster: TestCluster) => void;

function cluster(...builds: Build[]): TestCluster {
  const made = new TestCluster();
  for (const node of ['n1', 'n2', 'n3']) made.node(node);
  for (const build of builds) build(made);
  return made;
}

const app =
  (kind: string, ...pods: Pod[]): Build =>
  (made) =>
    put(made, kind, 'app', pods);
const about = (made: TestCluster, kind = 'Deployment'): Promise<string> => causeOf(made, kind, 'ns', 'app');
const reasonless = 'FATAL cannot continue: code 7';

describe('QUA-1: a fault on one node only', () => {
  test.each<[string, Build[], string, string]>([
    [
      'two pods of a Deployment time out there, two are well elsewhere',
      [app('Deployment', bad(lost), bad(lost), good('n1'), good('n3'))],
      'Deployment',
      'Node n2 other [n2] medium',
    ],
    [
      'one pod of a DaemonSet ends there',
      [app('DaemonSet', good('n1'), bad(reasonless), good('n3'))],
      'DaemonSet',
      'Node n2 other [n2] medium',
    ],
    [
      'two workloads fail in the same way there',
      [app('Deployment', bad(lost), good('n1')), (made) => put(made, 'Deployment', 'cart', [good('n3'), bad(lost)])],
      'Deployment',
      'Node n2 other [n2] medium',
    ],
    [
      'the network agent of the node is not ready',
      [
        app('Deployment', bad(lost), bad(lost), good('n1'), good('n3')),
        (made) => agent(made, 'kube-proxy', 'n2', false),
      ],
      'Deployment',
      'Node n2 other [kube-proxy-x1] medium',
    ],
    [
      'an agent of the node that is ready is not named',
      [
        app('Deployment', bad(lost), bad(lost), good('n1'), good('n3')),
        (made) => agent(made, 'kube-proxy', 'n2', true),
      ],
      'Deployment',
      'Node n2 other [n2] medium',
    ],
  ])('%s', async (_title, builds, kind, wanted) => {
    expect(await about(cluster(...builds), kind)).toBe(wanted);
  });

  test.each<[string, Build[], string]>([
    ['it fails on two nodes', [app('Deployment', bad(lost), bad(lost, { node: 'n3' }), good('n1'))], 'Deployment'],
    ['one is well beside them', [app('Deployment', bad(lost), bad(lost), good('n2'), good('n1'))], 'Deployment'],
    [
      'those elsewhere are of another revision',
      [app('DaemonSet', good('n1', { hash: 'old' }), bad(reasonless), good('n3', { hash: 'old' }))],
      'DaemonSet',
    ],
    ['one pod of a Deployment', [app('Deployment', bad(reasonless), good('n1'), good('n3'))], 'Deployment'],
    ['an ordinal with a volume of its own', [app('StatefulSet', good('n1'), bad(lost), good('n3'))], 'StatefulSet'],
    [
      'it has only just started',
      [app('DaemonSet', good('n1'), bad(reasonless, { created: '2026-01-01T10:03:30Z' }), good('n3'))],
      'DaemonSet',
    ],
    [
      'two workloads fail for reasons of their own',
      [
        app('Deployment', bad(reasonless), good('n1')),
        (made) => put(made, 'Deployment', 'cart', [good('n3'), bad('FATAL no such plan')]),
      ],
      'Deployment',
    ],
  ])('not: %s', async (_title, builds, kind) => {
    expect(await about(cluster(...builds), kind)).not.toContain('Node n2');
  });

  test('what the program says of a setting comes before its node', async () => {
    const log = 'FATAL required variable API_KEY is not set';
    expect(await about(cluster(app('DaemonSet', good('n1'), bad(log), good('n3'))), 'DaemonSet')).toBe(
      'DaemonSet app missing_env [API_KEY] high',
    );
  });

  test('it says what rules the image and the settings out', async () => {
    const made = cluster(app('Deployment', bad(lost), bad(lost), good('n1'), good('n3')));
    const { markdown } = await answerAbout(made, 'Deployment', 'ns', 'app');
    expect(markdown).toContain('2 pods of the same revision are ready on n1, n3');
  });

  test('one pod of many that ends: what they share is ruled out', async () => {
    const made = cluster(app('Deployment', bad(reasonless), good('n1'), good('n2')));
    const { markdown } = await answerAbout(made, 'Deployment', 'ns', 'app');
    expect(markdown).toContain(
      'the image and the settings: 2 pods of the same revision are ready without a restart on n1, n2',
    );
  });
});
