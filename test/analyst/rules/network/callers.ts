import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;

/** A line of a log that says that a call was refused, as often as it takes to be a trouble. */
export const refusedLog = (url: string): string =>
  `2026-01-01 10:00:00 ERROR lookup failed: GET ${url}: connection refused\n`.repeat(5);

export const timeoutLog = (url: string): string => `2026-01-01 10:00:00 ERROR GET ${url} timed out\n`.repeat(5);

export const unresolvedLog = (host: string): string =>
  `2026-01-01 10:00:00 CRITICAL could not translate host name "${host}" to address: Name or service not known`;

/** A cluster with a workload `app` in namespace `ns` that keeps failing with a log and has one variable. */
export function caller(log: string, value: string, container: Fields = {}): TestCluster {
  const cluster = new TestCluster();
  cluster.running('ns', 'app', log, { env: [{ name: 'API_URL', value }], ...container });
  cluster.node('n1');
  return cluster;
}

/** A cluster with a workload `app` that crashes since it cannot resolve a name. */
export function crasher(log: string, value: string | null, spec: Fields = {}): TestCluster {
  const cluster = new TestCluster();
  const env = value === null ? [] : [{ name: 'API', value }];
  cluster.crash('ns', 'app', { log, container: { env }, spec });
  cluster.node('n1');
  return cluster;
}

/** The EndpointSlice of a Service with so many ready addresses. */
export function endpoints(cluster: TestCluster, service: string, ready: number, namespace = 'ns'): void {
  cluster.add('EndpointSlice', namespace, `${service}-1`, {
    metadata: { labels: { 'kubernetes.io/service-name': service } },
    endpoints: Array.from({ length: ready }, (_, at) => ({
      addresses: [`10.1.1.${at + 1}`],
      conditions: { ready: true },
    })),
  });
}
