import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;

const condition = (type: string, status: string, reason = '', message = ''): Fields => ({
  type,
  status,
  reason,
  message,
});
const well = condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status');
const silent = condition('Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.');
const stopped = condition('Ready', 'False', 'KubeletNotReady', 'container runtime is down');
const cni =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

function node(...conditions: Fields[]): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', { status: { phase: 'Running' } });
  cluster.node('n1', { conditions });
  return cluster;
}

describe('QUA-1: a node that is not well', () => {
  test.each<[string, Fields[], string]>([
    ['it stopped reporting', [silent], 'Node n1 node_down [NodeStatusUnknown] high'],
    ['it stopped reporting and gives no reason', [condition('Ready', 'Unknown')], 'Node n1 node_down [Unknown] high'],
    ['it reports that it is not ready', [stopped], 'Node n1 other [KubeletNotReady] medium'],
    [
      'its network plugin is not there',
      [condition('Ready', 'False', 'KubeletNotReady', cni)],
      'Node n1 cni_not_ready [cni plugin not initialized] high',
    ],
    [
      'its network plugin, in other words',
      [condition('Ready', 'False', 'KubeletNotReady', 'runtime network not ready: NetworkPluginNotReady')],
      'Node n1 cni_not_ready [NetworkPluginNotReady] high',
    ],
    [
      'its network plugin, without a word to quote',
      [condition('Ready', 'False', 'KubeletNotReady', 'container runtime network not ready')],
      'Node n1 cni_not_ready [KubeletNotReady] high',
    ],
    [
      'memory',
      [
        well,
        condition(
          'MemoryPressure',
          'True',
          'KubeletHasInsufficientMemory',
          'kubelet has insufficient memory available',
        ),
      ],
      'Node n1 memory_pressure [MemoryPressure] high',
    ],
    [
      'disk',
      [well, condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')],
      'Node n1 ephemeral_eviction [DiskPressure] high',
    ],
    [
      'processes',
      [well, condition('PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available')],
      'Node n1 other [PIDPressure] high',
    ],
  ])('%s', async (_title, conditions, wanted) => {
    expect(await causeOf(node(...conditions), 'Node', null, 'n1')).toBe(wanted);
  });

  test.each<[string, Fields[]]>([
    ['it is ready', [well]],
    ['it says nothing about itself', []],
    ['ready again after its network came', [condition('Ready', 'True', 'KubeletReady', cni)]],
    [
      'its pressures are over',
      [
        well,
        condition('MemoryPressure', 'False'),
        condition('DiskPressure', 'False'),
        condition('PIDPressure', 'False'),
      ],
    ],
    ['a pressure is unknown', [well, condition('MemoryPressure', 'Unknown')]],
    ['a condition of somebody else', [well, condition('KernelDeadlock', 'True')]],
  ])('not: %s', async (_title, conditions) => {
    expect(await causeOf(node(...conditions), 'Node', null, 'n1')).not.toMatch(/^Node n1/);
  });

  test.each([
    ['a pod on it that is not ready', false, 'n1', 'Node n1 node_down [NodeStatusUnknown] high'],
    ['a pod on it that is ready', true, 'n1', 'no fault'],
    ['a pod on another node', false, 'n2', 'no cause'],
  ])('victims: %s', async (_title, ready, nodeName, wanted) => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      ready,
      spec: { nodeName, containers: [{ name: 'app', image: 'a:1' }] },
      ...(ready ? {} : { status: { phase: 'Running' } }),
    });
    cluster.node('n1', { conditions: [silent] });
    cluster.node('n2');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
  });
});

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
      'Deployment app memory_pressure [900Mi] high',
    ],
    [
      'memory of the node, used about as asked',
      { message: low('memory', 'Container app was using 120Mi, request is 100Mi, has larger consumption of memory. ') },
      'Node n1 memory_pressure [memory] high',
    ],
    ['memory of the node, without a usage', { message: low('memory') }, 'Node n1 memory_pressure [memory] high'],
    ['disk of the node', { message: low('ephemeral-storage') }, 'Node n1 ephemeral_eviction [ephemeral-storage] high'],
    ['inodes of the node', { message: low('inodes') }, 'Node n1 other [inodes] high'],
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
