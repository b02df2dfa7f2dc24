import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, now, object } from '../../support/kube-objects.ts';
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
const names = ({ items }: List): unknown[] => items.map(({ name }) => name);

describe('list_deployments', () => {
  const conditions = [
    { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', lastTransitionTime: ago(60) },
  ];
  const stuck = object('Deployment', 'stuck', {
    spec: { replicas: 3, template: { spec: { containers: [{ image: 'a:1' }, { image: 'b:2' }] } } },
    status: { replicas: 3, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1, conditions },
  });
  const idle = object('Deployment', 'idle', { spec: { replicas: 0, paused: true }, status: {} });

  test('numbers, images and what is wrong', async () => {
    const { call } = toolsOver(stuck, idle);
    const { items } = await call<List>('list_deployments');
    expect(items).toMatchObject([
      { name: 'idle', desired: 0, ready: 0, updated: 0, available: 0, paused: true, images: [] },
      {
        name: 'stuck',
        namespace: 'shop',
        desired: 3,
        ready: 1,
        updated: 2,
        available: 1,
        paused: false,
        images: ['a:1', 'b:2'],
        age: '60m',
        problem: { type: 'DeploymentFailure', severity: 'critical' },
      },
    ]);
    expect(names(await call<List>('list_deployments', { problem_only: true }))).toEqual(['stuck']);
  });
});
