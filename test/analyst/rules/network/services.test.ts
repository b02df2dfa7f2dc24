import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import type { TestCluster } from '../../cluster.ts';
import { amend, remove } from '../amend.ts';
import { caller, endpoints, refusedLog } from './callers.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

/** A cluster with a caller of `http://api` and what `build` adds. */
function called(build: Build, log = refusedLog('http://api/')): Promise<string> {
  const cluster = caller(log, 'http://api');
  build(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}
const api =
  (container: Fields = { ports: [{ containerPort: 80 }] }, log = 'ok'): Build =>
  (c) =>
    c.running('ns', 'api', log, container);
const service =
  (options: Parameters<TestCluster['service']>[2] = {}, namespace = 'ns'): Build =>
  (c) =>
    c.service(namespace, 'api', options);
const all =
  (...steps: Build[]): Build =>
  (c) =>
    steps.forEach((build) => build(c));

describe('QUA-1: a Service that selects no pod', () => {
  test.each<[string, Build, string]>([
    [
      'one pair that no pod has',
      all(api(), service({ selector: { app: 'api', version: 'v2' } })),
      'Service api selector_mismatch [v2] high',
    ],
    [
      'the value is misspelt',
      all(api(), service({ selector: { app: 'apy' } })),
      'Service api selector_mismatch [apy] high',
    ],
    ['another key', all(api(), service({ selector: { name: 'api' } })), 'Service api selector_mismatch [api] high'],
    [
      'its EndpointSlice is empty',
      all(api(), service({ selector: { app: 'apy' } }), (c) => endpoints(c, 'api', 0)),
      'Service api selector_mismatch [apy] high',
    ],
    [
      'the workload is scaled to zero',
      all((c) => c.deployment('ns', 'api', { replicas: 0 }), service()),
      'Deployment api scaled_to_zero [0] high',
    ],
  ])('%s', async (_title, build, wanted) => {
    expect(await called(build)).toBe(wanted);
  });

  test.each<[string, Build]>([
    ['it selects the pods', all(api(), service())],
    ['it has no selector: somebody else keeps its endpoints', all(api(), service({ selector: {} }))],
    [
      'endpoints are there by another hand',
      all(api(), service({ selector: { app: 'apy' } }), (c) => endpoints(c, 'api', 1)),
    ],
    ['no workload comes near', all((c) => c.running('ns', 'web', 'ok'), service({ selector: { role: 'x' } }))],
    [
      'the workload of that name is in another namespace',
      all((c) => c.running('other', 'api', 'ok'), service({ selector: { app: 'api', version: 'v2' } })),
    ],
    ['its pods are not made yet', all((c) => (c.deployment('ns', 'api'), remove(c, 'Pod', 'api')), service())],
    [
      'the one scaled to zero is of another namespace',
      all(api(), (c) => c.deployment('other', 'api', { replicas: 0 }), service()),
    ],
  ])('not: %s', async (_title, build) => {
    expect(await called(build)).not.toMatch(/selector_mismatch|scaled_to_zero/);
  });
});

describe('QUA-1: a Service that sends to a wrong port', () => {
  const named = { ports: [{ name: 'http', containerPort: 8080 }] };
  const plain = { ports: [{ containerPort: 8080 }] };
  test.each<[string, Build, string]>([
    [
      'a number that no container has',
      all(api(plain), service({ targetPort: 8081 })),
      'Service api wrong_target_port [8081] high',
    ],
    [
      'a name that no container has',
      all(api(named), service({ targetPort: 'web' })),
      'Service api wrong_target_port [web] high',
    ],
    [
      'no targetPort: the port itself',
      all(api(plain), service({ port: 80 })),
      'Service api wrong_target_port [80] high',
    ],
    [
      'the log tells another port than the spec',
      all(api(plain, 'INFO listening on 0.0.0.0:9000'), service({ targetPort: 8080 })),
      'Service api wrong_target_port [8080] high',
    ],
  ])('%s', async (_title, build, wanted) => {
    expect(await called(build)).toBe(wanted);
  });

  test.each<[string, Build]>([
    ['the number is declared', all(api(plain), service({ targetPort: 8080 }))],
    ['the name is declared', all(api(named), service({ targetPort: 'http' }))],
    [
      'the log tells the port that the spec does not',
      all(api(plain, 'INFO listening on 0.0.0.0:9000'), service({ targetPort: 9000 })),
    ],
    [
      'a probe asks that port',
      all(api({ ...plain, readinessProbe: { httpGet: { port: 8081, path: '/' } } }), service({ targetPort: 8081 })),
    ],
    ['no container declares a port', all(api({}), service({ targetPort: 8081 }))],
    [
      'the other of two containers has it',
      all(
        (c) =>
          c.deployment('ns', 'api', {
            ready: true,
            spec: {
              containers: [
                { name: 'api', image: 'a:1', ...plain },
                { name: 'proxy', image: 'p:1', ports: [{ containerPort: 8081 }] },
              ],
            },
          }),
        service({ targetPort: 8081 }),
      ),
    ],
  ])('not: %s', async (_title, build) => {
    expect(await called(build)).not.toContain('wrong_target_port');
  });

  test('without a failing call a number is told with less confidence', async () => {
    const build = all(api(plain), service({ targetPort: 8081 }));
    const cluster = caller('ok', 'http://api');
    build(cluster);
    expect(await causeOf(cluster, 'Service', 'ns', 'api')).toBe('Service api wrong_target_port [8081] medium');
  });
});

describe('QUA-1: a Service that selects too much', () => {
  const log = '2026-01-01 10:00:00 ERROR GET http://api/: 404 not found, connection refused\n'.repeat(5);
  /** Workloads that share the label `tier`. */
  const tier =
    (...names: string[]): Build =>
    (cluster) => {
      for (const name of names) cluster.running('ns', name, 'ok', { ports: [{ containerPort: 80 }] });
      for (const name of names) amend(cluster, 'Pod', name, { metadata: { labels: { app: name, tier: 'backend' } } });
    };
  const broad = service({ selector: { tier: 'backend' } });

  test('pods of another workload', async () => {
    expect(await called(all(tier('api', 'billing'), broad), log)).toBe(
      'Service api selector_too_broad [tier=backend] high',
    );
  });

  test.each<[string, Build]>([
    ['only its own pods', all(tier('api'), broad)],
    ['a canary of the same application', all(tier('api', 'api-canary'), broad)],
    ['two versions of the same application', all(tier('api-v1', 'api-v2'), broad)],
    ['none of them is its own', all(tier('users', 'billing'), broad)],
    ['the others are not selected', all(tier('api', 'billing'), service())],
  ])('not: %s', async (_title, build) => {
    expect(await called(build, log)).not.toContain('selector_too_broad');
  });
});
