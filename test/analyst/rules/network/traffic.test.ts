import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { caller, endpoints, timeoutLog } from './callers.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const timeout = timeoutLog('http://api:80/');
const unresolved = '2026-01-01 10:00:00 ERROR lookup api: could not translate host name "api" to address\n'.repeat(5);
const from = (...peers: Fields[]): Fields => ({ ingress: [{ from: peers }] });
const others = { podSelector: { matchLabels: { tier: 'web' } } };

interface Policy {
  readonly spec: Fields;
  readonly namespace?: string;
  readonly more?: Build;
}

/** A caller whose Service `api` has so many ready endpoints, and a NetworkPolicy. */
function policed(log: string, { spec, namespace = 'ns', more = () => {} }: Policy, ready = 1): Promise<string> {
  const cluster = caller(log, 'http://api:80');
  cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
  cluster.service('ns', 'api');
  endpoints(cluster, 'api', ready);
  cluster.add('NetworkPolicy', namespace, 'closed', { spec: { podSelector: {}, ...spec } });
  more(cluster);
  return about(cluster);
}
const ingress = (fields: Fields = {}): Fields => ({ policyTypes: ['Ingress'], ...fields });
const egress = (fields: Fields = {}): Fields => ({ policyTypes: ['Egress'], ...fields });

describe('QUA-1: a NetworkPolicy in the way', () => {
  const wanted = 'NetworkPolicy closed other [closed] medium';
  test.each<[string, string, Policy]>([
    ['nothing is let in', timeout, { spec: ingress() }],
    ['others are let in', timeout, { spec: ingress(from(others)) }],
    [
      'the pods of another namespace with other labels are let in',
      timeout,
      { spec: ingress(from({ namespaceSelector: {}, ...others })) },
    ],
    ['nothing is let out', unresolved, { spec: egress() }],
    ['only another port is let out', unresolved, { spec: egress({ egress: [{ ports: [{ port: 443 }] }] }) }],
  ])('%s', async (_title, log, policy) => {
    expect(await policed(log, policy)).toBe(wanted);
  });

  test.each<[string, string, Policy, number]>([
    ['everyone is let in', timeout, { spec: ingress({ ingress: [{}] }) }, 1],
    ['the caller is let in', timeout, { spec: ingress(from({ podSelector: { matchLabels: { app: 'app' } } })) }, 1],
    ['one of two peers is the caller', timeout, { spec: ingress(from(others, { podSelector: {} })) }, 1],
    [
      'addresses are let in: whose is not known',
      timeout,
      { spec: ingress(from({ ipBlock: { cidr: '10.0.0.0/8' } })) },
      1,
    ],
    ['the policy is for other pods', timeout, { spec: ingress({ podSelector: { matchLabels: { app: 'web' } } }) }, 1],
    ['the policy is of another namespace', timeout, { spec: ingress(), namespace: 'other' }, 1],
    ['the policy is about the other direction', timeout, { spec: egress() }, 1],
    [
      'a second policy lets the caller in',
      timeout,
      {
        spec: ingress(),
        more: (c) =>
          c.add('NetworkPolicy', 'ns', 'open', { spec: { podSelector: {}, ...ingress(from({ podSelector: {} })) } }),
      },
      1,
    ],
    ['the Service has no ready endpoint', timeout, { spec: ingress() }, 0],
    ['DNS is let out', unresolved, { spec: egress({ egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }) }, 1],
    [
      'DNS is let out by the name of its port',
      unresolved,
      { spec: egress({ egress: [{ ports: [{ port: 'dns' }] }] }) },
      1,
    ],
    ['every port is let out', unresolved, { spec: egress({ egress: [{}] }) }, 1],
    [
      'the one without DNS is for other pods',
      unresolved,
      { spec: egress({ podSelector: { matchLabels: { app: 'web' } } }) },
      1,
    ],
    ['only what comes in is limited', unresolved, { spec: ingress() }, 1],
  ])('not: %s', async (_title, log, policy, ready) => {
    expect(await policed(log, policy, ready)).not.toContain('NetworkPolicy');
  });
});

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
