import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { crasher, endpoints, timeoutLog, unresolvedLog } from './callers.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

const none: Build = () => {};
const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const serve =
  (name: string, namespace = 'ns'): Build =>
  (cluster) => {
    cluster.running(namespace, name, 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service(namespace, name);
  };
const runs =
  (name: string, namespace = 'ns'): Build =>
  (cluster) =>
    cluster.running(namespace, name, 'ok', { ports: [{ containerPort: 80 }] });

describe('QUA-1: a name that does not resolve', () => {
  test.each<[string, string, string | null, Build, string]>([
    [
      'a letter is missing',
      'invetory',
      'invetory:80',
      serve('inventory'),
      'Deployment app wrong_dns_name [invetory:80] high',
    ],
    [
      'a part of the name',
      'inventory',
      'http://inventory',
      serve('inventory-api'),
      'Deployment app wrong_dns_name [http://inventory] high',
    ],
    [
      'a misspelt full name',
      'invetory.ns.svc.cluster.local',
      'http://invetory.ns.svc.cluster.local',
      serve('inventory'),
      'Deployment app wrong_dns_name [http://invetory.ns.svc.cluster.local] high',
    ],
    [
      'the Service is in another namespace',
      'ledger',
      'http://ledger',
      serve('ledger', 'pay'),
      'Deployment app wrong_dns_name [http://ledger] high',
    ],
    [
      'the wrong namespace is named',
      'ledger.bill',
      'http://ledger.bill',
      serve('ledger', 'pay'),
      'Deployment app wrong_dns_name [http://ledger.bill] high',
    ],
    [
      'the workload runs, its Service is gone',
      'ledger',
      'http://ledger',
      runs('ledger'),
      'Service ledger service_missing [ledger] high',
    ],
    [
      'the workload runs in another namespace only',
      'ledger',
      'http://ledger',
      runs('ledger', 'pay'),
      'Deployment app wrong_dns_name [http://ledger] medium',
    ],
    [
      'nothing is like it',
      'ledger',
      'http://ledger',
      serve('catalogue'),
      'Deployment app wrong_dns_name [http://ledger] medium',
    ],
    ['no setting holds it', 'ledger', null, serve('catalogue'), 'Service ledger service_missing [ledger] medium'],
  ])('%s', async (_title, host, value, build, wanted) => {
    const cluster = crasher(unresolvedLog(host), value);
    build(cluster);
    expect(await about(cluster)).toBe(wanted);
  });

  test.each<[string, string, string, Build]>([
    [
      'the Service exists and has endpoints',
      unresolvedLog('ledger'),
      'ledger:80',
      (c) => (serve('ledger')(c), endpoints(c, 'ledger', 1)),
    ],
    ['the call timed out', timeoutLog('http://legder/'), 'http://legder', serve('ledger')],
    [
      'it got over it',
      '2026-01-01 10:00:00 INFO could not translate host name "legder", retrying\nready',
      'legder',
      serve('ledger'),
    ],
  ])('not: %s', async (_title, log, value, build) => {
    const cluster = crasher(log, value);
    build(cluster);
    expect(await about(cluster)).not.toMatch(/wrong_dns_name|service_missing|wrong_service_name/);
  });

  test('a ConfigMap that holds the name is the cause', async () => {
    const cluster = crasher(unresolvedLog('invetory'), null, {
      containers: [{ name: 'app', image: 'a:1', envFrom: [{ configMapRef: { name: 'conf' } }] }],
    });
    cluster.add('ConfigMap', 'ns', 'conf', { data: { API: 'http://invetory' } });
    serve('inventory')(cluster);
    expect(await about(cluster)).toBe('ConfigMap conf wrong_dns_name [http://invetory] high');
  });
});

describe('QUA-1: the DNS policy of a pod', () => {
  const spec = (fields: Fields): Fields => ({
    containers: [{ name: 'app', image: 'a:1', env: [{ name: 'API', value: 'ledger:80' }] }],
    ...fields,
  });
  test.each<[string, Fields, Build, string]>([
    ['None', { dnsPolicy: 'None' }, serve('ledger'), 'Deployment app wrong_dns_policy [None] high'],
    [
      'the one of the node',
      { dnsPolicy: 'Default' },
      serve('ledger'),
      'Deployment app wrong_dns_policy [Default] high',
    ],
    [
      'ClusterFirst in the network of the host',
      { dnsPolicy: 'ClusterFirst', hostNetwork: true },
      serve('ledger'),
      'Deployment app wrong_dns_policy [ClusterFirst] high',
    ],
    [
      'a Service that does not exist either',
      { dnsPolicy: 'None' },
      none,
      'Deployment app wrong_dns_policy [None] high',
    ],
  ])('%s', async (_title, fields, build, wanted) => {
    const cluster = crasher(unresolvedLog('ledger'), null, spec(fields));
    build(cluster);
    expect(await about(cluster)).toBe(wanted);
  });

  test.each<[string, string, Fields]>([
    ['ClusterFirst', 'ledger', { dnsPolicy: 'ClusterFirst' }],
    ['ClusterFirstWithHostNet', 'ledger', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }],
    ['no policy is set', 'ledger', {}],
    ['a name of the outside', 'db.eu.prod.example.com', { dnsPolicy: 'None' }],
  ])('not: %s', async (_title, host, fields) => {
    const cluster = crasher(unresolvedLog(host), null, spec(fields));
    serve('ledger')(cluster);
    expect(await about(cluster)).not.toContain('wrong_dns_policy');
  });
});

describe('QUA-1: the name of a pod of a StatefulSet', () => {
  function store(host: string, serviceName: string, service: string | null): Promise<string> {
    const cluster = crasher(unresolvedLog(host), `${host}:80`);
    const template = {
      metadata: { labels: { app: 'store' } },
      spec: { containers: [{ name: 'store', image: 's:1' }] },
    };
    cluster.add('StatefulSet', 'ns', 'store', {
      spec: { serviceName, replicas: 1, selector: { matchLabels: { app: 'store' } }, template },
      status: { replicas: 1, readyReplicas: 1 },
    });
    if (service !== null) cluster.service('ns', service, { selector: { app: 'store' }, headless: true });
    return about(cluster);
  }
  test.each([
    [
      'serviceName names no Service',
      'store-0.store',
      'stor',
      'store',
      'StatefulSet store wrong_service_name [stor] high',
    ],
    [
      'the full name of the pod',
      'store-0.store.ns.svc.cluster.local',
      'stor',
      'store',
      'StatefulSet store wrong_service_name [stor] high',
    ],
    ['neither Service exists', 'store-0.store', 'stor', null, 'StatefulSet store wrong_service_name [stor] high'],
  ])('%s', async (_title, host, serviceName, service, wanted) => {
    expect(await store(host, serviceName, service)).toBe(wanted);
  });
  test.each([
    ['serviceName is the one that is asked for', 'store-0.store', 'store', 'store'],
    ['a pod of another set', 'queue-0.store', 'stor', 'store'],
    ['the Service itself is asked for', 'store', 'stor', 'store'],
  ])('not: %s', async (_title, host, serviceName, service) => {
    expect(await store(host, serviceName, service)).not.toContain('wrong_service_name');
  });
});

describe('QUA-1: an init container that waits', () => {
  function waiting(log: string, build: Build, running = true): Promise<string> {
    const cluster = new TestCluster();
    const state = running
      ? { running: { startedAt: '2026-01-01T10:00:05Z' } }
      : { terminated: { exitCode: 0, reason: 'Completed' } };
    cluster.deployment('ns', 'app', {
      spec: {
        initContainers: [
          { name: 'wait', image: 'w:1', command: ['sh', '-c', 'until nslookup ledger; do sleep 2; done'] },
        ],
        containers: [{ name: 'app', image: 'a:1' }],
      },
      status: {
        initContainerStatuses: [{ name: 'wait', ready: !running, restartCount: 0, state }],
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
        ],
      },
    });
    cluster.log('ns', 'app-5d8f-abcde', 'wait', log);
    cluster.node('n1');
    build(cluster);
    return about(cluster);
  }
  const lookup =
    "nslookup: can't resolve 'ledger'\nwaiting for ledger\nnslookup: can't resolve 'ledger'\nwaiting for ledger";
  test.each<[string, Build, string]>([
    ['for a Service that does not exist', none, 'Deployment app dependency_missing [ledger] high'],
    ['for a Service that is called otherwise', serve('ledger-api'), 'Deployment app dependency_missing [ledger] high'],
    ['for a Service of another namespace', serve('ledger', 'pay'), 'Deployment app wrong_dns_name [ledger] high'],
  ])('%s', async (_title, build, wanted) => {
    expect(await waiting(lookup, build)).toBe(wanted);
  });
  test.each<[string, string, Build, boolean]>([
    ['the Service is there', lookup, (c) => (serve('ledger')(c), endpoints(c, 'ledger', 1)), true],
    ['it is through', lookup, none, false],
    ['it says nothing', '', none, true],
  ])('not: %s', async (_title, log, build, running) => {
    expect(await waiting(log, build, running)).not.toContain('dependency_missing');
  });
});
