import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

describe('QUA-1: eviction', () => {
  interface Case {
    readonly message: string;
    readonly byEvent?: boolean;
    readonly reason?: string;
    readonly at?: string;
    readonly namespace?: string;
  }
  const own = 'Usage of EmptyDir volume "cache" exceeds the limit "30Mi". ';
  const total = 'Pod ephemeral local storage usage exceeds the total limit of containers 50Mi. ';
  const low = (resource: string, rest = ''): string => `The node was low on resource: ${resource}. ${rest}`;

  function evicted({
    message,
    byEvent = false,
    reason = 'Evicted',
    at = '2026-01-01T10:05:00Z',
    namespace = 'ns',
  }: Case): Promise<string> {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { status: byEvent ? { phase: 'Failed' } : { phase: 'Failed', reason, message } });
    cluster.node('n1');
    if (byEvent) {
      cluster.add('Event', namespace, 'app.1', {
        involvedObject: { kind: 'Pod', namespace, name: 'app-5d8f-abcde' },
        reason,
        message,
        type: 'Warning',
        lastTimestamp: at,
      });
      // The clock of the evidence is its newest time.
      cluster.event('Pod', 'ns', 'other', 'Killing', 'Stopping container other');
    }
    return causeOf(cluster, 'Deployment', 'ns', 'app');
  }

  test.each<[string, Case, string]>([
    ['its emptyDir', { message: own }, 'Deployment app ephemeral_eviction [30Mi] high'],
    [
      'its emptyDir, told by an event',
      { message: own, byEvent: true },
      'Deployment app ephemeral_eviction [30Mi] high',
    ],
    ['all its containers', { message: total }, 'Deployment app ephemeral_eviction [50Mi] high'],
    [
      'one container',
      { message: 'Container app exceeded its local ephemeral storage limit "20Mi". ' },
      'Deployment app ephemeral_eviction [20Mi] high',
    ],
    [
      'memory of the node, used by this pod',
      { message: low('memory', 'Container app was using 900Mi, request is 100Mi, has larger consumption of memory. ') },
      'Deployment app memory_pressure [900Mi, request is 100Mi] high',
    ],
    [
      'memory of the node, used about as asked',
      { message: low('memory', 'Container app was using 120Mi, request is 100Mi, has larger consumption of memory. ') },
      'Node n1 memory_pressure [memory] medium',
    ],
    ['memory of the node, without a usage', { message: low('memory') }, 'Node n1 memory_pressure [memory] medium'],
    [
      'disk of the node',
      { message: low('ephemeral-storage') },
      'Node n1 ephemeral_eviction [ephemeral-storage] medium',
    ],
    ['inodes of the node', { message: low('inodes') }, 'Node n1 other [inodes] medium'],
  ])('%s', async (_title, options, wanted) => {
    expect(await evicted(options)).toBe(wanted);
  });

  test.each<[string, Case]>([
    ['the pod failed for another reason', { message: own, reason: 'NodeAffinity' }],
    ['an event of the same words with another reason', { message: own, byEvent: true, reason: 'Killing' }],
    ['a pod of that name in another namespace', { message: own, byEvent: true, namespace: 'other' }],
    ['it says no more than that', { message: '' }],
  ])('not: %s', async (_title, options) => {
    expect(await evicted(options)).not.toMatch(/eviction|pressure/);
  });

  test('the workload is affected when the node is the cause', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { status: { phase: 'Failed', reason: 'Evicted', message: low('memory') } });
    cluster.node('n1');
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain('Node n1 evicted pod app-5d8f-abcde of Deployment');
  });
});

describe('QUA-1: who used up a node is told from who went with it', () => {
  interface Held {
    readonly name: string;
    /** What the message says of it; none for a pod that stays on the node. */
    readonly usage?: string;
    readonly namespace?: string;
    readonly replicas?: number;
    readonly limit?: string;
  }
  const newer = (name: string, used: string, request: string): string =>
    `Container ${name} was using ${used}, request is ${request}, has larger consumption of memory. `;
  const older = (name: string, used: string, request: string): string =>
    `Container ${name} was using ${used}, which exceeds its request of ${request}. `;

  /** A node of 8Gi and the pods that it evicted, or kept; the incident is about `app`. */
  function node(pods: readonly Held[], resource = 'memory', conditions: Record<string, unknown>[] = []): TestCluster {
    const cluster = new TestCluster();
    for (const { name, usage, namespace = 'ns', limit } of pods) {
      const message = `The node was low on resource: ${resource}. Threshold quantity: 100Mi, available: 91312Ki. ${usage ?? ''}`;
      const limits = limit === undefined ? {} : { resources: { limits: { memory: limit } } };
      cluster.deployment(namespace, name, {
        ready: usage === undefined,
        spec: { containers: [{ name, image: 'a:1', ...limits }] },
        ...(usage === undefined ? {} : { status: { phase: 'Failed', reason: 'Evicted', message } }),
      });
      if (usage === undefined) continue;
      cluster.event('Pod', namespace, `${name}-5d8f-abcde`, 'Evicted', message);
    }
    cluster.node('n1', {
      allocatable: { 'ephemeral-storage': '100Gi' },
      conditions: [{ type: 'Ready', status: 'True' }, ...conditions],
    });
    return cluster;
  }
  const small: Held = { name: 'app', usage: newer('app', '41Mi', '32Mi') };
  const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');

  test.each<[string, Held[], string, string]>([
    [
      'the small one alerts, the large one is named',
      [small, { name: 'report', usage: newer('report', '5Gi', '256Mi') }],
      'memory',
      'Deployment report memory_pressure [5Gi, request is 256Mi] high',
    ],
    [
      'it is in another namespace',
      [small, { name: 'report', namespace: 'batch', usage: newer('report', '5Gi', '0') }],
      'memory',
      'Deployment report memory_pressure [5Gi, request is 0] high',
    ],
    [
      'in the words of an older kubelet',
      [
        { name: 'app', usage: older('app', '30332Ki', '0') },
        { name: 'report', usage: older('report', '5053216Ki', '0') },
      ],
      'memory',
      'Deployment report memory_pressure [5053216Ki, which exceeds its request of 0] high',
    ],
    [
      'one container of two',
      [small, { name: 'report', usage: newer('side', '9736Ki', '0') + newer('report', '3Gi', '1Gi') }],
      'memory',
      'Deployment report memory_pressure [3Gi, request is 1Gi] high',
    ],
    [
      'the disk',
      [
        {
          name: 'app',
          usage: 'Container app was using 12Mi, request is 0, has larger consumption of ephemeral-storage. ',
        },
        {
          name: 'dump',
          usage: 'Container dump was using 61Gi, request is 0, has larger consumption of ephemeral-storage. ',
        },
      ],
      'ephemeral-storage',
      'Deployment dump ephemeral_eviction [61Gi, request is 0] high',
    ],
    [
      'two that held as much',
      [
        { name: 'app', usage: newer('app', '2Gi', '0') },
        { name: 'report', usage: newer('report', '2200Mi', '0') },
      ],
      'memory',
      'Node n1 memory_pressure [memory] medium',
    ],
    ['only small ones went', [small], 'memory', 'Node n1 memory_pressure [memory] medium'],
  ])('%s', async (_title, pods, resource, wanted) => {
    expect(await about(node(pods, resource))).toBe(wanted);
  });

  test('who stays on the node without a limit is named as a suspect, who has one is not', async () => {
    const cluster = node([small, { name: 'cache', namespace: 'data' }, { name: 'web', limit: '64Mi' }]);
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain('Still on it without a memory limit: data/cache-5d8f-abcde.');
  });

  test('the small ones are ruled out with what they held', async () => {
    const cluster = node([small, { name: 'report', usage: newer('report', '5Gi', '256Mi') }]);
    const { markdown, verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(markdown).toContain('it was using 41Mi, request is 32Mi, so it went because the node was full');
    expect(verdict.victims).toContainEqual({ kind: 'Deployment', namespace: 'ns', name: 'app' });
  });

  test.each([
    ['the node is well again', [], 'no fault'],
    ['it is still under pressure', [{ type: 'MemoryPressure', status: 'True' }], 'Node n1 memory_pressure'],
  ])('a pod that has its replacement, %s', async (_title, conditions, wanted) => {
    const cluster = node([], 'memory', conditions);
    cluster.deployment('ns', 'app', { ready: true });
    const well = cluster.objects.find((it) => it.kind === 'Pod');
    const message = 'The node was low on resource: memory. ';
    const status = { phase: 'Failed', reason: 'Evicted', message };
    if (well) cluster.objects.push({ ...well, metadata: { ...well.metadata, name: 'app-5d8f-gone' }, status });
    cluster.event('Pod', 'ns', 'app-5d8f-gone', 'Evicted', message);
    expect(await about(cluster)).toContain(wanted);
  });
});
