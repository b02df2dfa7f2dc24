import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { caller, timeoutLog } from './callers.ts';

type Fields = Record<string, unknown>;

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const timeout = timeoutLog('http://api:80/');

describe('QUA-1: internalTrafficPolicy Local', () => {
  function local(policy: string | undefined, nodes: readonly string[], namespace = 'ns'): Promise<string> {
    const cluster = caller(timeout, 'http://api:80');
    for (const [at, nodeName] of nodes.entries()) {
      cluster.add('Pod', 'ns', `api-${at}`, {
        metadata: { labels: { app: 'api' } },
        spec: { nodeName, containers: [{ name: 'api', image: 'a:1', ports: [{ containerPort: 80 }] }] },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    cluster.add('Service', namespace, 'api', {
      spec: {
        selector: { app: 'api' },
        ports: [{ port: 80 }],
        clusterIP: '10.0.0.1',
        ...(policy === undefined ? {} : { internalTrafficPolicy: policy }),
      },
    });
    return about(cluster);
  }
  test.each([
    ['the pod is on another node', ['n2']],
    ['all pods are on other nodes', ['n2', 'n3']],
  ])('%s', async (_title, nodes) => {
    expect(await local('Local', nodes)).toBe('Service api other [Local] high');
  });
  test.each<[string, string | undefined, string[], string]>([
    ['a pod is on the node of the caller', 'Local', ['n1'], 'ns'],
    ['one of the pods is', 'Local', ['n2', 'n1'], 'ns'],
    ['the policy is Cluster', 'Cluster', ['n2'], 'ns'],
    ['no policy is set', undefined, ['n2'], 'ns'],
    ['there is no pod at all', 'Local', [], 'ns'],
    ['the Service is of another namespace', 'Local', ['n2'], 'other'],
  ])('not: %s', async (_title, policy, nodes, namespace) => {
    expect(await local(policy, nodes, namespace)).not.toContain('[Local]');
  });
});

describe('QUA-1: an Ingress', () => {
  const rules = (...names: string[]): Fields => ({
    rules: [
      { http: { paths: names.map((name) => ({ path: '/', backend: { service: { name, port: { number: 80 } } } })) } },
    ],
  });
  function ingressOf(spec: Fields, services: [namespace: string, name: string][]): Promise<string> {
    const cluster = new TestCluster();
    cluster.add('Ingress', 'ns', 'web', { spec });
    for (const [namespace, name] of services) cluster.service(namespace, name);
    return causeOf(cluster, 'Ingress', 'ns', 'web');
  }
  test.each<[string, Fields, [string, string][], string]>([
    ['its Service does not exist', rules('webb'), [['ns', 'web']], 'Ingress web ingress_backend_missing [webb] high'],
    [
      'one of two does not exist',
      rules('web', 'blog'),
      [['ns', 'web']],
      'Ingress web ingress_backend_missing [blog] high',
    ],
    [
      'its Service is in another namespace',
      rules('web'),
      [
        ['other', 'web'],
        ['ns', 'blog'],
      ],
      'Ingress web ingress_backend_missing [web] high',
    ],
    [
      'its default',
      { defaultBackend: { service: { name: 'main' } } },
      [['ns', 'web']],
      'Ingress web ingress_backend_missing [main] high',
    ],
  ])('%s', async (_title, spec, services, wanted) => {
    expect(await ingressOf(spec, services)).toBe(wanted);
  });
  test.each<[string, Fields, [string, string][]]>([
    ['its Service exists', rules('web'), [['ns', 'web']]],
    [
      'both exist',
      rules('web', 'blog'),
      [
        ['ns', 'web'],
        ['ns', 'blog'],
      ],
    ],
    ['its default exists', { defaultBackend: { service: { name: 'web' } } }, [['ns', 'web']]],
    [
      'it sends to something that is no Service',
      { defaultBackend: { resource: { kind: 'Bucket', name: 'files' } } },
      [['ns', 'web']],
    ],
    ['it has no rule', {}, [['ns', 'web']]],
  ])('not: %s', async (_title, spec, services) => {
    expect(await ingressOf(spec, services)).not.toContain('ingress_backend_missing');
  });
});
