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

  test('in a large cluster the API counts the pods of each namespace, and none is read', async () => {
    const names = ['big', 'empty', 'small'];
    const many = Array.from({ length: 600 }, (_, at) =>
      wellPod(`p${at}`, {}, { metadata: { namespace: at < 590 ? 'big' : 'small' } }),
    );
    const { call, reader } = toolsOver(...names.map((name) => object('Namespace', name)), ...many);
    let most = 0;
    const list = reader.list.bind(reader);
    reader.list = async (...args) => {
      const answer = await list(...args);
      if (args[1] === 'Pod') most = Math.max(most, answer.items.length);
      return answer;
    };
    const { items } = await call<List>('list_namespaces');
    expect(items.map((one) => [one['name'], one['pods']])).toEqual([
      ['big', 590],
      ['empty', 0],
      ['small', 10],
    ]);
    expect(most).toBe(1);
    const page = await call<List>('list_namespaces', { limit: 2 });
    expect(page.items).toHaveLength(2);
  });
});
