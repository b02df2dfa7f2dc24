import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, container, now, object, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';
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

const crashing = pod(
  'crash',
  {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { restartCount: 4, lastState: { terminated: { exitCode: 1, finishedAt: ago(90) } } },
      ),
    ],
  },
  {
    ...ownedBy('ReplicaSet', 'cart-5d4f', { labels: { 'pod-template-hash': '5d4f' } }),
    spec: { nodeName: 'n1', containers: [{ name: 'app' }] },
  },
);

describe('list_pods', () => {
  test('a pod with its owner and what is wrong with it', async () => {
    const { call } = toolsOver(crashing, wellPod('well', {}, { spec: { containers: [{ name: 'app' }] } }));
    const given = await call<List>('list_pods');
    expect(given).toMatchObject({ truncated: false, as_of: new Date(now).toISOString(), source: 'kubeconfig' });
    expect(given.items).toEqual([
      {
        name: 'crash',
        namespace: 'shop',
        phase: 'Running',
        status: 'CrashLoopBackOff',
        ready: '0/1',
        restarts: 4,
        last_restart: ago(90),
        node: 'n1',
        age: '60m',
        owner: 'Deployment/cart',
        problem: {
          type: 'CrashLoop',
          severity: 'critical',
          message: 'Container entered CrashLoopBackOff state, restart count: 4, last exit code: 1',
          container: 'app',
          since: ago(90),
        },
      },
      { name: 'well', namespace: 'shop', phase: 'Running', status: 'Running', ready: '1/1', restarts: 0, age: '60m' },
    ]);
    expect(await call('get_pods')).toEqual(given);
  });

  test('problem_only shows those with a fault, in pages, with how many there are', async () => {
    const { call } = toolsOver(
      wellPod('a'),
      { ...crashing, metadata: { ...crashing.metadata, name: 'b', uid: 'b' } },
      crashing,
    );
    const first = await call<List & { next_cursor: string }>('list_pods', { problem_only: true, limit: 1 });
    expect(first).toMatchObject({ total: 2, truncated: true });
    expect(names(first)).toEqual(['b']);
    const second = await call<List>('list_pods', { problem_only: true, limit: 1, cursor: first.next_cursor });
    expect(names(second)).toEqual(['crash']);
    expect(second).toMatchObject({ truncated: false });
  });

  test('what only an event tells is a problem; without the right to read events it says so', async () => {
    const waiting = pod('waits', {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(120) }],
      containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })],
    });
    const { reader, call } = toolsOver(waiting, warning('FailedMount', waiting, 'configmap "x" not found'));
    const { items } = await call<List>('list_pods', { namespace: 'shop' });
    expect(items).toMatchObject([{ status: 'ContainerCreating', problem: { type: 'MountFailed' } }]);
    reader.forbidden.add('Event');
    const blind = await call<List>('list_pods', { namespace: 'shop' });
    expect(blind.items[0]).not.toHaveProperty('problem');
    expect(blind.not_checked).toEqual([expect.stringMatching(/^Event list \(forbidden\): Event is forbidden\. /)]);
  });

  test('what is well asks for nothing else', async () => {
    const { reader, call } = toolsOver(wellPod('a'), wellPod('b'));
    await call('list_pods', { namespace: 'shop' });
    expect(reader.calls).toEqual(['list Pod shop']);
  });

  test('an ended pod that was replaced is no problem, whatever page it stands on', async () => {
    const template = { metadata: { labels: { app: 'cart' } } };
    const cart = object('Deployment', 'cart', {
      metadata: { generation: 1 },
      spec: { replicas: 1, selector: { matchLabels: { app: 'cart' } }, template },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    });
    const ended = pod(
      'ended',
      { phase: 'Failed', reason: 'Evicted', startTime: ago(600) },
      ownedBy('ReplicaSet', 'cart-1', { labels: { app: 'cart' } }),
    );
    const { call } = toolsOver(cart, ended, wellPod('other'));
    const { items } = await call<List>('list_pods', { limit: 1 });
    expect(items).toMatchObject([{ name: 'ended', status: 'Evicted' }]);
    expect(items[0]).not.toHaveProperty('problem');
    expect(names(await call<List>('list_pods', { problem_only: true }))).toEqual([]);
  });

  test('by label and by field', async () => {
    const labelled = wellPod('a', {}, { metadata: { labels: { app: 'cart' } } });
    const { call } = toolsOver(labelled, crashing);
    expect(names(await call<List>('list_pods', { label_selector: 'app=cart' }))).toEqual(['a']);
    expect(names(await call<List>('list_pods', { field_selector: 'metadata.name=crash' }))).toEqual(['crash']);
  });

  test.each([
    [{ namespace: 'Shop' }, 'a name of a namespace'],
    [{ namespace: '../x' }, 'a name of a namespace'],
    [{ label_selector: 'a\nb' }, 'on one line'],
    [{ limit: 501 }, '<=500'],
    [{ nmspace: 'x' }, 'nmspace'],
  ])('%j is refused', async (args, message) => {
    await expect(toolsOver().call('list_pods', args)).rejects.toThrow(message);
  });
});
