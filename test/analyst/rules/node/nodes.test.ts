import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
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
