import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend } from '../amend.ts';

type Build = (cluster: TestCluster) => void;
const message = '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.';
const resources = { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } };
const plugin =
  (desired: number, ready: number, name = 'nvidia-device-plugin-daemonset'): Build =>
  (cluster) =>
    cluster.add('DaemonSet', 'gpu-operator', name, { status: { desiredNumberScheduled: desired, numberReady: ready } });
const node =
  (capacity: string | null, allocatable: string | null): Build =>
  (cluster) => {
    cluster.node('n1', allocatable === null ? {} : { allocatable: { 'nvidia.com/gpu': allocatable } });
    const status = cluster.objects.at(-1)?.['status'] as object;
    if (capacity !== null)
      amend(cluster, 'Node', 'n1', { status: { ...status, capacity: { 'nvidia.com/gpu': capacity } } });
  };

function about(...build: Build[]): Promise<string> {
  const cluster = new TestCluster();
  cluster.pending('ns', 'app', message, { containers: [{ name: 'app', image: 'a:1', resources }] });
  for (const one of build) one(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

describe('QUA-1: devices that no node offers', () => {
  test.each<[string, Build[], string]>([
    [
      'its plugin is not ready',
      [node('4', '0'), plugin(1, 0)],
      'DaemonSet nvidia-device-plugin-daemonset insufficient_resources [nvidia.com/gpu] high',
    ],
    [
      'its plugin runs nowhere',
      [node(null, null), plugin(0, 0)],
      'DaemonSet nvidia-device-plugin-daemonset insufficient_resources [nvidia.com/gpu] high',
    ],
    [
      'its plugin runs, the devices are not healthy',
      [node('4', '0'), plugin(1, 1)],
      'Node n1 insufficient_resources [nvidia.com/gpu] medium',
    ],
    ['nobody has such devices', [node(null, null)], 'Deployment app insufficient_resources [1] high'],
    ['they are there, and in use', [node('1', '1'), plugin(1, 1)], 'Deployment app insufficient_resources [1] medium'],
    [
      'the plugin of another vendor is down',
      [node('1', '1'), plugin(1, 0, 'amd-gpu-device-plugin')],
      'Deployment app insufficient_resources [1] medium',
    ],
  ])('%s', async (_title, build, wanted) => expect(await about(...build)).toBe(wanted));
});
