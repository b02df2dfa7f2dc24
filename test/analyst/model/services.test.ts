import { describe, expect, test } from 'vitest';
import { GrowingGraph } from '../../../src/analyst/model/growing-graph.ts';
import {
  clusterNames,
  readyEndpoints,
  selectedPods,
  serviceOfHost,
  servicePorts,
} from '../../../src/analyst/model/services.ts';
import { TestCluster } from '../cluster.ts';

const graphOf = (cluster: TestCluster): GrowingGraph => {
  const graph = new GrowingGraph();
  for (const object of cluster.objects) graph.addObject(object);
  return graph;
};

describe('QUA-1: what a host name means', () => {
  test.each<[string, string[]]>([
    ['db', ['db/ns']],
    ['DB.', ['db/ns']],
    ['db.other', ['db/other', 'other/ns of db']],
    ['db.other.svc', ['db/other']],
    ['db.other.svc.cluster.local', ['db/other']],
    ['db-0.db', ['db/ns of db-0', 'db-0/db']],
    ['db-0.db.other', ['db/other of db-0']],
    ['db-0.db.other.svc.cluster.local', ['db/other of db-0']],
    ['www.example.com', []],
    ['a.b.c.example.com', []],
  ])('%s', (host, wanted) => {
    const found = clusterNames(host, 'ns').map(
      ({ service, namespace, pod }) => `${service}/${namespace}${pod === null ? '' : ` of ${pod}`}`,
    );
    expect(found).toEqual(wanted);
  });

  test('the Service of a host is the first that exists', () => {
    const cluster = new TestCluster();
    cluster.service('ns', 'db');
    const graph = graphOf(cluster);
    expect(serviceOfHost(graph, 'db', 'ns')?.metadata.name).toBe('db');
    expect(serviceOfHost(graph, 'db-0.db', 'ns')?.metadata.name).toBe('db');
    expect(serviceOfHost(graph, 'db', 'other')).toBeNull();
  });
});

describe('QUA-1: a Service and its pods', () => {
  const cluster = new TestCluster();
  const service = cluster.add('Service', 'ns', 'db', {
    spec: { selector: { app: 'db' }, ports: [{ name: 'sql', port: 5432, targetPort: 'sql' }, { port: 80 }] },
  });
  const bare = cluster.add('Service', 'ns', 'bare', {});
  cluster.deployment('ns', 'db');
  cluster.deployment('other', 'db');
  const slice = (name: string, endpoints: unknown[]) =>
    cluster.add('EndpointSlice', 'ns', name, {
      metadata: { labels: { 'kubernetes.io/service-name': 'db' } },
      endpoints,
    });
  slice('db-1', [
    { addresses: ['10.0.0.1', '10.0.0.2'], conditions: { ready: true } },
    { addresses: ['10.0.0.3'], conditions: { ready: false } },
  ]);
  slice('db-2', [{ addresses: ['10.0.0.4'] }]);
  const graph = graphOf(cluster);

  test('the target is the port itself when none is set', () => {
    expect(servicePorts(service).map((port) => port.targetPort)).toEqual(['sql', '80']);
    expect(servicePorts(bare)).toEqual([]);
  });
  test('pods of its namespace only', () => {
    expect(selectedPods(graph, service).map((pod) => `${pod.namespace}/${pod.name}`)).toEqual(['ns/db-5d8f-abcde']);
  });
  test('a Service without a selector takes no pods', () => {
    expect(selectedPods(graph, bare)).toEqual([]);
  });
  test('ready addresses of all its slices; unknown counts as ready; no slice is not zero', () => {
    expect(readyEndpoints(graph, service)).toBe(3);
    expect(readyEndpoints(graph, bare)).toBeNull();
  });
});
