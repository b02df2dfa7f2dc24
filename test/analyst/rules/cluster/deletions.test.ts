import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

const gone = { deletionTimestamp: '2026-01-01T09:00:00Z' };
const later = (cluster: TestCluster): void => cluster.event('Pod', 'ns', 'other', 'Pulled', 'ten o’clock');

type More = (cluster: TestCluster) => void;

function cluster(...parts: readonly More[]): TestCluster {
  const it = new TestCluster();
  later(it);
  for (const part of parts) part(it);
  return it;
}

const operator =
  (replicas: number): More =>
  (it) =>
    it.deployment('widget-system', 'widget-operator', { replicas, ready: replicas > 0 });

const claim =
  (user: boolean): More =>
  (it) => {
    it.add('PersistentVolumeClaim', 'ns', 'data', {
      metadata: { ...gone, finalizers: ['kubernetes.io/pvc-protection'] },
      status: { phase: 'Bound' },
    });
    if (!user) return;
    it.deployment('ns', 'app', {
      ready: true,
      spec: { containers: [{ name: 'app' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
    });
  };

const podOn =
  (node: string): More =>
  (it) =>
    it.add('Pod', 'ns', 'db-0', {
      metadata: gone,
      spec: { nodeName: node, containers: [{ name: 'db' }] },
      status: { phase: 'Running' },
    });

describe('QUA-1: what does not go although it was deleted', () => {
  const managed = { finalizers: ['widgets.test/cleanup'], managedFields: [{ manager: 'widget-operator' }] };
  test.each([
    ['the one that is called a controller', ['widgets-redis', 'widgets-controller'], 'widgets-controller'],
    ['none where nothing tells them apart', ['widgets-redis', 'widgets-web'], null],
  ])('of several workloads that go by the name: %s', async (_title, names, wanted) => {
    const made = cluster((it) =>
      it.add('ConfigMap', 'ns', 'w', { metadata: { ...gone, finalizers: ['widgets.test/x'] } }),
    );
    for (const name of names) made.deployment('widget-system', name, { ready: true });
    const { verdict } = await answerAbout(made, 'ConfigMap', 'ns', 'w');
    expect(verdict.causes[0]?.statement).toContain(
      wanted === null ? 'of which no workload was seen' : `Its remover is Deployment widget-system/${wanted}`,
    );
  });

  test.each([
    [
      'CleanupFailed',
      'cannot clean up: widgetclass.widgets.test "gold" not found',
      'Make widgetclass.widgets.test "gold" again',
    ],
    ['DeleteFailed', 'error getting credentials: secrets "cloud" not found', 'Make secrets "cloud" again'],
    ['CleanupFailed', 'the cloud answers 503', 'Read the log of Deployment widget-system/widget-operator'],
  ])('the remover says what it misses: %s, %s', async (reason, message, first) => {
    const made = cluster(operator(1), (it) => it.add('ConfigMap', 'ns', 'w', { metadata: { ...gone, ...managed } }));
    made.event('ConfigMap', 'ns', 'w', reason, message);
    const { verdict } = await answerAbout(made, 'ConfigMap', 'ns', 'w');
    expect(verdict.remediation[0]?.action).toContain(first);
  });

  test.each<[string, TestCluster, string, string | null, string, string]>([
    [
      'a finalizer whose controller is scaled to 0',
      cluster(operator(0), (it) => it.add('ConfigMap', 'ns', 'w', { metadata: { ...gone, ...managed } })),
      'ConfigMap',
      'ns',
      'w',
      'ConfigMap w finalizer_stuck [widgets.test/cleanup] high',
    ],
    [
      'a claim that a pod uses',
      cluster(claim(true)),
      'PersistentVolumeClaim',
      'ns',
      'data',
      'PersistentVolumeClaim data finalizer_stuck [kubernetes.io/pvc-protection] high',
    ],
    ['a claim that nobody uses', cluster(claim(false)), 'PersistentVolumeClaim', 'ns', 'data', 'no cause'],
    [
      'a pod on a node that does not report',
      cluster(podOn('n1'), (it) =>
        it.node('n1', { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] }),
      ),
      'Pod',
      'ns',
      'db-0',
      'Node n1 node_down [NodeStatusUnknown] high',
    ],
    ['a pod on a node that is gone', cluster(podOn('n1')), 'Pod', 'ns', 'db-0', 'Pod db-0 node_down [n1] high'],
    [
      'a volume whose claim is there',
      cluster((it) => {
        it.add('PersistentVolume', null, 'pv', {
          metadata: { ...gone, finalizers: ['kubernetes.io/pv-protection'] },
          spec: { claimRef: { namespace: 'ns', name: 'data' } },
          status: { phase: 'Bound' },
        });
        it.add('PersistentVolumeClaim', 'ns', 'data', { spec: { volumeName: 'pv' }, status: { phase: 'Bound' } });
      }),
      'PersistentVolume',
      null,
      'pv',
      'PersistentVolume pv finalizer_stuck [kubernetes.io/pv-protection] high',
    ],
  ])('%s', async (...row) => {
    const [, it, kind, namespace, name, wanted] = row;
    expect(await causeOf(it, kind, namespace, name)).toBe(wanted);
  });

  test.each([
    [
      0,
      'Its remover is Deployment widget-system/widget-operator, which is scaled to 0.',
      'Scale Deployment widget-system/widget-operator up again',
    ],
    [
      1,
      'Its remover is Deployment widget-system/widget-operator (1 of 1 pods ready).',
      'Read the log of Deployment widget-system/widget-operator',
    ],
  ])('with %i replicas of its controller the answer says who should remove it', async (replicas, said, todo) => {
    const it = cluster(operator(replicas), (one) =>
      one.add('ConfigMap', 'ns', 'w', { metadata: { ...gone, ...managed } }),
    );
    const { verdict } = await answerAbout(it, 'ConfigMap', 'ns', 'w');
    expect(verdict.causes[0]?.statement).toContain(said);
    expect(verdict.remediation[0]?.action).toContain(todo);
    expect(verdict.remediation[0]?.risk).toBe('none');
  });
});

describe('QUA-1: a namespace that does not go', () => {
  const namespace =
    (type: string, message: string): More =>
    (it) =>
      it.add('Namespace', null, 'old', {
        metadata: gone,
        status: {
          phase: 'Terminating',
          conditions: [{ type, status: 'True', reason: type, message, lastTransitionTime: '2026-01-01T09:01:00Z' }],
        },
      });
  const left = 'Some resources are remaining: widgets.widgets.test has 1 resource instances';

  test('its condition names a finalizer, and the object cannot be read', async () => {
    const it = cluster(
      namespace(
        'NamespaceFinalizersRemaining',
        'Some content in the namespace has finalizers remaining: widgets.test/cleanup in 1 resource instances',
      ),
    );
    expect(await causeOf(it, 'Namespace', null, 'old')).toBe(
      'Namespace old finalizer_stuck [widgets.test/cleanup] high',
    );
  });

  test('the custom object that holds it is found by its definition', async () => {
    const it = cluster(namespace('NamespaceContentRemaining', left), (one) => {
      one.add('CustomResourceDefinition', null, 'widgets.widgets.test', {
        spec: {
          group: 'widgets.test',
          names: { kind: 'Widget', plural: 'widgets' },
          versions: [{ name: 'v1', storage: true, schema: {} }],
        },
      });
      one.objects.push({
        apiVersion: 'widgets.test/v1',
        kind: 'Widget',
        metadata: { name: 'big', namespace: 'old', ...gone, finalizers: ['widgets.test/cleanup'] },
      });
    });
    expect(await causeOf(it, 'Namespace', null, 'old')).toBe('Widget big finalizer_stuck [widgets.test/cleanup] high');
  });

  test('a webhook of a definition refuses to convert what is left', async () => {
    const it = cluster(
      namespace(
        'NamespaceDeletionContentFailure',
        'Failed to delete all resource types, 1 remaining: conversion webhook for widgets.test/v1, Kind=Widget failed: Post "https://widgets.api.svc:443/convert": service "widgets" not found',
      ),
    );
    expect(await causeOf(it, 'Namespace', null, 'old')).toBe('Namespace old webhook_backend_missing [Widget] high');
  });
});
