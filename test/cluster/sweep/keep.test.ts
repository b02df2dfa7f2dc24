import { describe, expect, test } from 'vitest';
import { KeptList } from '../../../src/cluster/sweep/keep.ts';
import { Turns } from '../../../src/cluster/sweep/memory.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import type { Row } from '../../../src/kube/read/tool-list.ts';
import { ago, container, now, object, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';

const kept = (kind: string, bound: number, turns = new Turns()): KeptList => new KeptList(kind, bound, turns, now);
const objects = (...list: KubeObject[]) => ({ form: 'objects' as const, objects: list });
const row = (name: string, columns: Record<string, string> = {}): Row => ({ namespace: 'shop', name, columns });
const rows = (...list: Row[]) => ({ form: 'rows' as const, rows: list });
const looping = (name: string): KubeObject =>
  pod(name, { phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] });

describe('CON-6: what is kept of a list', () => {
  test('everything, as it came, when it fits', () => {
    const list = kept('Pod', 3);
    list.add(objects(wellPod('b'), wellPod('a')));
    list.add(objects(wellPod('c')));
    const { objects: found, truncated } = list.result();
    expect([found.map((one) => one.metadata.name), truncated]).toEqual([['b', 'a', 'c'], false]);
  });

  test('what is ill before what has ended before what is well, of objects', () => {
    const list = kept('Pod', 2);
    list.add(objects(wellPod('a'), pod('b', { phase: 'Failed' }), wellPod('c'), looping('d')));
    expect(list.result().objects.map((one) => one.metadata.name)).toEqual(['d', 'b']);
  });

  test('and of rows', () => {
    const list = kept('Pod', 2);
    const ended = { status: 'Evicted', ready: '0/1', age: '2d' };
    const well = { status: 'Running', ready: '1/1', age: '2d' };
    const ill = { status: 'CrashLoopBackOff', ready: '0/1', age: '2d' };
    list.add(rows(row('a', well), row('b', ended), row('c', well), row('d', ill)));
    expect(list.result().rows.map((one) => one.name)).toEqual(['d', 'b']);
  });

  test('recent events before old ones, in both forms', () => {
    const about = wellPod('p');
    const old = warning('Old', about, 'x', {
      lastTimestamp: ago(86_400),
      firstTimestamp: ago(86_400),
      metadata: { creationTimestamp: ago(86_400) },
    });
    const list = kept('Event', 1);
    list.add(objects(old, warning('New', about, 'x')));
    expect(list.result().objects.map((one) => one['reason'])).toEqual(['New']);
    const columns = { type: 'Warning', reason: 'R', object: 'pod/p', message: 'm' };
    const table = kept('Event', 1);
    table.add(rows(row('old', { ...columns, 'last seen': '2d' }), row('new', { ...columns, 'last seen': '1m' })));
    expect(table.result().rows.map((one) => one.name)).toEqual(['new']);
  });

  test('the others in turn, and the same whether they come at once or in parts', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const [whole, parts] = [new Turns(), new Turns()];
    for (let sweep = 0; sweep < 5; sweep += 1) {
      const once = kept('Pod', 3, whole);
      once.add(objects(...names.map((name) => wellPod(name))));
      const split = kept('Pod', 3, parts);
      for (const name of names.toReversed()) split.add(objects(wellPod(name)));
      const [left, right] = [once, split].map((list) => new Set(list.result().objects.map((one) => one.metadata.name)));
      expect(right).toEqual(left);
      expect(left?.size).toBe(3);
    }
  });
});

test('CON-6: what no detector looks at is not kept; what one looks at is', () => {
  const metadata = { annotations: { large: 'x' }, managedFields: [{ manager: 'kubectl' }], labels: { app: 'a' } };
  const list = kept('Pod', 9);
  const volumes = [
    { name: 'a', configMap: { name: 'c' } },
    { name: 'b', persistentVolumeClaim: { claimName: 'data' } },
  ];
  const spec = { nodeName: 'n1', containers: [{ name: 'app', image: 'x' }], volumes };
  list.add(objects(object('Pod', 'p', { metadata, spec, status: { phase: 'Running' } })));
  const [found] = list.result().objects;
  expect(found?.metadata).toMatchObject({ name: 'p', labels: { app: 'a' } });
  expect(found?.metadata).not.toHaveProperty('annotations');
  expect(found?.metadata).not.toHaveProperty('managedFields');
  expect(found?.['spec']).toEqual({ nodeName: 'n1', volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] });
  expect(found?.['status']).toMatchObject({ phase: 'Running' });
});

const notReady = { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(60) }] };
const unscheduled = { conditions: [{ type: 'PodScheduled', status: 'False', lastTransitionTime: ago(600) }] };

test.each<[string, KubeObject]>([
  [
    'a node that its autoscaler takes away',
    object('Node', 'n', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] }, status: notReady }),
  ],
  ['a node that is worked on', object('Node', 'n', { spec: { unschedulable: true }, status: notReady })],
  [
    'a pod that holds room free',
    object('Pod', 'p', {
      spec: { priority: -1, containers: [{ image: 'registry.k8s.io/pause:3.9' }] },
      status: { phase: 'Pending', ...unscheduled },
    }),
  ],
])('CON-5: what is by design is so for an object of a list as well: %s', (_name, whole) => {
  const list = kept(whole.kind, 9);
  list.add(objects(whole));
  const [found] = list.result().objects;
  expect([detect(whole, { now }), found && detect(found, { now })]).toEqual([[], []]);
});

test('CON-5: an ended pod of a list is known to be replaced by its workload', () => {
  const deployment = object('Deployment', 'web', {
    metadata: { generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } } },
    status: { observedGeneration: 1, availableReplicas: 1, updatedReplicas: 1 },
  });
  const list = kept('Deployment', 9);
  list.add(objects(deployment));
  const ended = pod(
    'web-1',
    { phase: 'Failed', reason: 'Evicted', startTime: ago(300) },
    ownedBy('ReplicaSet', 'web-1', { labels: { app: 'web' } }),
  );
  expect(detect(ended, { now, workloads: list.result().objects })).toEqual([]);
  expect(detect(ended, { now })).toMatchObject([{ type: 'Evicted' }]);
});

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  [
    'Node',
    { spec: { taints: [{ key: 'k' }] }, status: { conditions: [{ type: 'Ready' }], images: [{}] } },
    { spec: { taints: [{ key: 'k' }] }, status: { conditions: [{ type: 'Ready' }] } },
  ],
  [
    'Deployment',
    { spec: { replicas: 2, paused: true, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [] } } } },
    { spec: { replicas: 2, paused: true, template: { metadata: { labels: { a: 'b' } } } } },
  ],
  ['EndpointSlice', { endpoints: [{ addresses: ['1'] }, { addresses: ['2'] }] }, { endpoints: [{}] }],
  ['Service', { spec: { selector: { a: 'b' } } }, { spec: { selector: { a: 'b' } } }],
])('CON-6: %s is kept with what it is judged by', (kind, given, expected) => {
  const list = kept(kind, 9);
  list.add(objects(object(kind, 'o', given)));
  expect(list.result().objects[0]).toMatchObject(expected);
});
