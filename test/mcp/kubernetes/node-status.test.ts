import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, now, object, pod } from '../../support/kube-objects.ts';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

interface List {
  readonly items: readonly Record<string, unknown>[];
  readonly not_checked?: readonly string[];
}

const toolsOver = (...objects: KubeObject[]) => {
  const reader = new ObjectsReader(objects);
  return { reader, call: kubernetesTools(reader, { now: () => now }) };
};

describe('get_node_status', () => {
  const node = (name: string, spec: object = {}, ready = 'True') =>
    object('Node', name, {
      spec,
      status: {
        conditions: [{ type: 'Ready', status: ready, reason: 'KubeletReady', lastTransitionTime: ago(60) }],
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '3900m', memory: '7Gi', pods: '110' },
        nodeInfo: { kubeletVersion: 'v1.34.4' },
      },
    });
  const asks = (name: string, cpu: string, phase = 'Running') =>
    pod(
      name,
      { phase },
      { spec: { nodeName: 'n1', containers: [{ name: 'app', resources: { requests: { cpu, memory: '64Mi' } } }] } },
    );

  test('conditions, taints, what pods ask for', async () => {
    const taints = [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }];
    const { call } = toolsOver(
      node('n1', { taints, unschedulable: true }),
      asks('a', '250m'),
      asks('b', '0.1'),
      asks('ended', '1', 'Succeeded'),
      node('n2', {}, 'Unknown'),
    );
    const { items } = await call<List>('get_node_status');
    expect(items).toMatchObject([
      {
        name: 'n1',
        ready: true,
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', since: ago(60) }],
        taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
        cordoned: true,
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '3900m' },
        requested: { cpu_cores: 0.35, memory_bytes: 128 * 1024 * 1024 },
        pods: 2,
        version: 'v1.34.4',
        age: '60m',
      },
      { name: 'n2', ready: false, cordoned: false, pods: 0, problem: { type: 'NodeUnhealthy' } },
    ]);
    const one = await call<List>('get_node_status', { node: 'n1' });
    expect(one.items).toEqual([items[0]]);
    expect((await call<List>('get_node_status', { node: 'n2' })).items).toEqual([items[1]]);
  });

  test('a node that is not there is not found, and the nearest is named', async () => {
    const { call } = toolsOver(node('node-a'), node('worker'));
    await expect(call('get_node_status', { node: 'node-b' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no Node node-b',
      fix: { steps: ['The nearest name is node-a.'] },
    });
  });

  test('K8S-3: without the right it says which ClusterRole is missing', async () => {
    const { call, reader } = toolsOver(node('n1'));
    reader.forbidden.add('Node');
    for (const args of [{}, { node: 'n1' }]) {
      await expect(call('get_node_status', args)).rejects.toMatchObject({
        code: 'forbidden',
        fix: { steps: [expect.stringContaining('resources: [nodes], verbs: [get, list, watch]'), expect.anything()] },
      });
    }
  });
});
