import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, now, object, wellPod } from '../../support/kube-objects.ts';
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

describe('list_namespaces', () => {
  test('with pods, quota, and a deletion that does not end', async () => {
    const quota = object('ResourceQuota', 'compute', {
      status: { hard: { pods: '2', 'limits.cpu': '4' }, used: { pods: '1' } },
    });
    const ending = object('Namespace', 'old', {
      metadata: { deletionTimestamp: ago(3600) },
      status: { phase: 'Terminating' },
    });
    const shop = object('Namespace', 'shop', {
      metadata: { labels: { team: 'web' } },
      status: { phase: 'Active' },
    });
    const { call, reader } = toolsOver(shop, ending, quota, wellPod('a'), wellPod('b'));
    expect((await call<List>('list_namespaces')).items).toMatchObject([
      { name: 'old', phase: 'Terminating', pods: 0, problem: { type: 'Stuck' } },
      {
        name: 'shop',
        phase: 'Active',
        age: '60m',
        labels: { team: 'web' },
        pods: 2,
        quota: [
          { name: 'compute', resource: 'limits.cpu', used: '0', hard: '4' },
          { name: 'compute', resource: 'pods', used: '1', hard: '2' },
        ],
      },
    ]);
    reader.forbidden.add('Pod');
    expect((await call<List>('list_namespaces')).items[1]).not.toHaveProperty('pods');
  });
});
