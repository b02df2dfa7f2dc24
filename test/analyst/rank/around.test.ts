import { expect, test } from 'vitest';
import { entityText, entityOf } from '../../../src/analyst/model/entities.ts';
import { findFocus } from '../../../src/analyst/model/focus.ts';
import { GrowingGraph } from '../../../src/analyst/model/growing-graph.ts';
import { buildWorkloads } from '../../../src/analyst/model/workload.ts';
import { objectsAround } from '../../../src/analyst/rank/around.ts';
import { TestCluster } from '../cluster.ts';

/** `app` with a Service, an autoscaler, a claim with its volume and a node; `other` beside it with its own node. */
function around(kind: string, namespace: string | null, name: string): string[] {
  const cluster = new TestCluster();
  cluster.add('Namespace', null, 'ns');
  cluster.node('n1');
  cluster.node('n2');
  const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }];
  cluster.deployment('ns', 'app', { spec: { containers: [{ name: 'app' }], volumes } });
  cluster.deployment('ns', 'other', { ready: true, spec: { nodeName: 'n2', containers: [{ name: 'other' }] } });
  cluster.add('PersistentVolumeClaim', 'ns', 'data', { spec: { volumeName: 'pv-1' } });
  cluster.add('PersistentVolume', null, 'pv-1');
  cluster.service('ns', 'front', { selector: { app: 'app' } });
  cluster.add('HorizontalPodAutoscaler', 'ns', 'scale', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'app' } },
  });
  const graph = new GrowingGraph();
  for (const object of cluster.objects) graph.addObject(object);
  const workloads = buildWorkloads(graph);
  const focus = findFocus(graph, workloads, [{ kind, namespace, name }]);
  return objectsAround(graph, workloads, focus).map((object) => entityText(entityOf(object)));
}

const parts = [
  'Deployment ns/app',
  'ReplicaSet ns/app-5d8f',
  'Pod ns/app-5d8f-abcde',
  'PersistentVolumeClaim ns/data',
  'PersistentVolume pv-1',
  'Namespace ns',
  'Node n1',
];

test.each([
  ['a Deployment', 'Deployment', 'app', parts],
  ['its pod', 'Pod', 'app-5d8f-abcde', parts],
  ['its Service', 'Service', 'front', ['Service ns/front', ...parts]],
  ['its autoscaler', 'HorizontalPodAutoscaler', 'scale', ['HorizontalPodAutoscaler ns/scale', ...parts]],
])('QUA-1: around %s stands what it is made of, and nothing else', (_name, kind, name, wanted) => {
  expect(around(kind, 'ns', name)).toEqual(wanted);
});

test('QUA-1: around a namespace stands what is in it', () => {
  expect(around('Namespace', null, 'ns')).toEqual(
    expect.arrayContaining(['Namespace ns', 'Deployment ns/other', 'Pod ns/app-5d8f-abcde']),
  );
});
