import { expect, test } from 'vitest';
import { GrowingGraph } from '../../../../src/analyst/model/growing-graph.ts';
import { buildWorkloads } from '../../../../src/analyst/model/workload.ts';
import { webhookEdges } from '../../../../src/analyst/signals/network/webhook-edges.ts';
import { TestCluster } from '../../cluster.ts';

/** The edges of a Deployment that a webhook of `checker` keeps without pods. */
function edges(
  ready: boolean,
  message = 'failed calling webhook "w": Post "https://checker.sec.svc:443/": EOF',
): string[] {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', { replicas: 0 });
  cluster.deployment('sec', 'checker', { ready });
  cluster.service('sec', 'checker');
  cluster.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', message);
  const graph = new GrowingGraph();
  for (const object of cluster.objects) graph.addObject(object);
  return webhookEdges(graph, buildWorkloads(graph)).map(
    ({ from, to, via }) => `${from.name} → ${to.kind} ${to.name} (${via.name})`,
  );
}

test.each<[string, string[], string[]]>([
  ['pods behind that are not ready', edges(false), ['app → Deployment checker (checker)']],
  ['pods behind that are ready', edges(true), []],
  ['a refusal of another kind', edges(false, 'exceeded quota: team'), []],
])('QUA-1: from a refused workload to %s', (_title, found, wanted) => {
  expect(found).toEqual(wanted);
});
