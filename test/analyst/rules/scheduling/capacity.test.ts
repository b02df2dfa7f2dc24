import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;

const lacks = (resource: string): string => `0/1 nodes are available: 1 Insufficient ${resource}.`;
const asks = (requests: Fields, name = 'app'): Fields => ({
  containers: [{ name, image: `registry.test/${name}:1.0`, resources: { requests } }],
});

/** The cause of a pod `app` that finds no room, in a cluster that `build` fills. */
function lacking(resource: string, requests: Fields, build: (cluster: TestCluster) => void): Promise<string> {
  const cluster = new TestCluster();
  cluster.pending('ns', 'app', lacks(resource), asks(requests));
  build(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

/** A workload that runs on n1 and holds `requests`. */
const holds = (cluster: TestCluster, name: string, requests: Fields, spec: Fields = {}, status: Fields = {}): void =>
  cluster.deployment('ns', name, { ready: true, spec: { ...asks(requests, name), ...spec }, status });

describe('QUA-1: no node has room', () => {
  test.each<[string, string, Fields, (cluster: TestCluster) => void, string]>([
    [
      'more cpu than any node has',
      'cpu',
      { cpu: '64' },
      (c) => c.node('n1'),
      'Deployment app insufficient_resources [64] high',
    ],
    [
      'more memory than any node has',
      'memory',
      { memory: '64Gi' },
      (c) => c.node('n1'),
      'Deployment app insufficient_resources [64Gi] high',
    ],
    [
      'a device that no node offers',
      'nvidia.com/gpu',
      { 'nvidia.com/gpu': '1' },
      (c) => c.node('n1'),
      'Deployment app insufficient_resources [1] high',
    ],
    ['nodes that were not read', 'cpu', { cpu: '64' }, () => {}, 'Deployment app insufficient_resources [64] high'],
    [
      'one workload holds the most of the node',
      'cpu',
      { cpu: '2' },
      (c) => {
        c.node('n1');
        holds(c, 'hog', { cpu: '3500m' });
        holds(c, 'small', { cpu: '100m' });
      },
      'Deployment hog insufficient_resources [3500m] high',
    ],
    [
      'the larger of two nodes counts',
      'memory',
      { memory: '4Gi' },
      (c) => {
        c.node('n0', { allocatable: { memory: '2Gi' } });
        c.node('n1');
        holds(c, 'hog', { memory: '6Gi' });
      },
      'Deployment hog insufficient_resources [6Gi] high',
    ],
    [
      'no single holder is to blame',
      'cpu',
      { cpu: '3' },
      (c) => {
        c.node('n1');
        for (const name of ['a', 'b', 'd']) holds(c, name, { cpu: '1' });
      },
      'Deployment app insufficient_resources [3] high',
    ],
    [
      'without the holder there is still no room',
      'cpu',
      { cpu: '3900m' },
      (c) => {
        c.node('n1');
        holds(c, 'hog', { cpu: '2' });
        holds(c, 'small', { cpu: '500m' });
      },
      'Deployment app insufficient_resources [3900m] high',
    ],
    [
      'a holder that has ended holds nothing',
      'cpu',
      { cpu: '2' },
      (c) => {
        c.node('n1');
        holds(c, 'hog', { cpu: '3500m' }, {}, { phase: 'Succeeded' });
      },
      'Deployment app insufficient_resources [2] medium',
    ],
    [
      'a small holder that leaves room is not blamed: other pods of the node were not seen',
      'cpu',
      { cpu: '2' },
      (c) => {
        c.node('n1');
        holds(c, 'small', { cpu: '10m' });
      },
      'Deployment app insufficient_resources [2] medium',
    ],
    [
      'a holder on a node that the pod does not tolerate',
      'cpu',
      { cpu: '2' },
      (c) => {
        c.node('n1', { taints: [{ key: 'team', effect: 'NoSchedule' }] });
        c.node('n2', { allocatable: { cpu: '1' } });
        holds(c, 'hog', { cpu: '3500m' });
      },
      'Deployment app insufficient_resources [2] high',
    ],
  ])('%s', async (_title, resource, requests, build, wanted) => {
    expect(await lacking(resource, requests, build)).toBe(wanted);
  });

  test('the greatest init container counts as the request', async () => {
    const cluster = new TestCluster();
    const setup = { name: 'setup', image: 's:1', resources: { requests: { cpu: '9' } } };
    cluster.pending('ns', 'app', lacks('cpu'), { ...asks({ cpu: '1' }), initContainers: [setup] });
    cluster.node('n1');
    holds(cluster, 'hog', { cpu: '3500m' });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toContain('Deployment app insufficient_resources');
  });

  test('the workload that waits is a victim when another holds the room', async () => {
    const cluster = new TestCluster();
    cluster.pending('ns', 'app', lacks('cpu'), asks({ cpu: '2' }));
    cluster.node('n1');
    holds(cluster, 'hog', { cpu: '3500m' });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.victims.map((entity) => entity.name)).toContain('app');
  });

  test('not: the message names no resource', async () => {
    const cluster = new TestCluster();
    cluster.pending('ns', 'app', '0/1 nodes are available: preemption is not helpful.', asks({ cpu: '64' }));
    cluster.node('n1');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).not.toContain('insufficient_resources');
  });

  test('not: the pod has a node and only starts', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { spec: asks({ cpu: '64' }) });
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'FailedScheduling', lacks('cpu'));
    cluster.node('n1');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).not.toContain('insufficient_resources');
  });
});

describe('QUA-1: preemption', () => {
  const uid = '0a1b2c3d-0000-4000-8000-0123456789ab';
  interface Case {
    readonly message?: string;
    readonly preemptor?: Fields;
    readonly classes?: Record<string, Fields>;
    readonly namespace?: string;
    readonly ready?: boolean;
    readonly spec?: Fields;
  }
  function preempted(options: Case): Promise<string> {
    const cluster = new TestCluster();
    const message = options.message ?? `Preempted by pod ${uid} on node n1`;
    if (options.ready) cluster.deployment('ns', 'app', { ready: true });
    else cluster.pending('ns', 'app', lacks('cpu'), options.spec ?? asks({ cpu: '1' }));
    cluster.event('Pod', options.namespace ?? 'ns', 'app-5d8f-gone1', 'Preempted', message);
    cluster.node('n1');
    if (options.preemptor) {
      cluster.add('Pod', 'ns', 'batch-0', {
        metadata: { uid },
        spec: { nodeName: 'n1', containers: [], ...options.preemptor },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    for (const [name, fields] of Object.entries(options.classes ?? {}))
      cluster.add('PriorityClass', null, name, fields);
    return causeOf(cluster, 'Deployment', 'ns', 'app');
  }
  const named = { priorityClassName: 'urgent', priority: 1000 };

  test.each<[string, Case, string]>([
    [
      'the class that the preemptor names',
      { preemptor: named, classes: { urgent: { value: 1000 } } },
      'PriorityClass urgent preemption [urgent] high',
    ],
    [
      'the class of all pods without one',
      { preemptor: { priority: 500 }, classes: { all: { value: 500, globalDefault: true } } },
      'PriorityClass all preemption [all] high',
    ],
    ['the preemptor itself, without classes', { preemptor: { priority: 500 } }, 'Pod batch-0 preemption [500] high'],
    ['a preemptor that is gone', {}, 'Deployment app preemption [] medium'],
    [
      'a preemptor that the message does not name',
      { message: 'Preempted by a pod on node n1' },
      'Deployment app preemption [] medium',
    ],
  ])('%s', async (_title, options, wanted) => {
    expect(await preempted(options)).toBe(wanted);
  });

  test.each<[string, Case]>([
    ['the pods are back', { preemptor: named, ready: true }],
    ['pods of another namespace were thrown out', { preemptor: named, namespace: 'other' }],
    [
      'pods that only hold room free',
      {
        preemptor: named,
        spec: { nodeName: '', priority: -10, containers: [{ name: 'app', image: 'registry.test/pause:3.10' }] },
      },
    ],
  ])('not: %s', async (_title, options) => {
    expect(await preempted(options)).not.toContain('preemption');
  });

  test('a class that is not the one named is not blamed', async () => {
    const found = await preempted({ preemptor: named, classes: { other: { value: 5 } } });
    expect(found).toBe('Pod batch-0 preemption [1000] high');
  });
});
