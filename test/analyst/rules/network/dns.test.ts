import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { caller, crasher, endpoints, unresolvedLog } from './callers.ts';

type Build = (cluster: TestCluster) => void;

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const serve =
  (name: string, namespace = 'ns'): Build =>
  (cluster) => {
    cluster.running(namespace, name, 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service(namespace, name);
    endpoints(cluster, name, 1, namespace);
  };

const usual = [
  '    errors',
  '    health',
  '    kubernetes cluster.local in-addr.arpa ip6.arpa {',
  '        pods insecure',
  '        fallthrough in-addr.arpa ip6.arpa',
  '    }',
  '    forward . /etc/resolv.conf',
  '    cache 30',
  '    loop',
  '    reload',
].join('\n');
const corefile = (body: string, zones = '.:53'): string => `${zones} {\n${body}\n}\n`;

interface Dns {
  readonly text?: string;
  readonly ready?: boolean;
  readonly log?: string;
}

/** The cluster's DNS as it is set up everywhere: Service kube-dns, its pods, and their Corefile. */
function dns(cluster: TestCluster, { text = corefile(usual), ready = true, log = '' }: Dns): void {
  const labels = { 'k8s-app': 'kube-dns' };
  const spec = {
    containers: [
      {
        name: 'coredns',
        image: 'registry.test/coredns:1.12',
        volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
  };
  const status = ready
    ? { ready, restartCount: 0, state: { running: { startedAt: '2026-01-01T09:00:05Z' } } }
    : {
        ready,
        restartCount: 6,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-01-01T10:04:00Z' } },
      };
  cluster.add('Service', 'kube-system', 'kube-dns', {
    spec: { selector: labels, clusterIP: '10.96.0.10', ports: [{ port: 53, protocol: 'UDP' }] },
  });
  cluster.add('Deployment', 'kube-system', 'coredns', {
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    status: { replicas: 1, readyReplicas: ready ? 1 : 0 },
  });
  cluster.add('Pod', 'kube-system', 'coredns-77', {
    metadata: {
      labels,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'coredns', uid: 'u', controller: true }],
    },
    spec: { nodeName: 'n1', ...spec },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'coredns', ...status }],
    },
  });
  cluster.add('ConfigMap', 'kube-system', 'coredns', { data: { Corefile: text } });
  if (log !== '') cluster.log('kube-system', 'coredns-77', 'coredns', log, !ready);
}

const unresolved = unresolvedLog('api');
const outside = unresolvedLog('api.pay.example.com');
const noAnswer =
  '2026-01-01 10:00:00 ERROR dial tcp: lookup api.pay.example.com on 10.96.0.10:53: read udp 10.1.0.9:5000->10.96.0.10:53: i/o timeout\n'.repeat(
    5,
  );
const upstreamLog =
  '[ERROR] plugin/errors: 2 api.pay.example.com. A: read udp 10.1.0.4:5353->10.9.9.9:53: i/o timeout\n'.repeat(3);

describe("QUA-1: the configuration of the cluster's DNS", () => {
  const template = (line: string): string =>
    corefile(`    template ANY A ns.svc.cluster.local {\n        ${line}\n    }\n${usual}`);
  test.each<[string, string, Dns, string]>([
    [
      'a template denies the names of a namespace',
      unresolved,
      { text: template('rcode NXDOMAIN') },
      'template ANY A ns.svc.cluster.local',
    ],
    [
      'a template with a pattern',
      unresolved,
      { text: corefile(`    template IN A {\n        match "^api\\."\n        rcode SERVFAIL\n    }\n${usual}`) },
      'template IN A',
    ],
    [
      'a rewrite asks for another name',
      unresolved,
      { text: corefile(`    rewrite name api.ns.svc.cluster.local gone.ns.svc.cluster.local\n${usual}`) },
      'rewrite name api.ns.svc.cluster.local gone.ns.svc.cluster.local',
    ],
    [
      'the cluster is served under another domain',
      unresolved,
      { text: corefile(usual.replaceAll('cluster.local', 'corp.internal')) },
      'kubernetes corp.internal in-addr.arpa ip6.arpa',
    ],
    [
      'a block of its own takes the zone away',
      unresolved,
      { text: `${corefile(usual)}${corefile('    forward . 10.9.9.9', 'cluster.local:53')}` },
      '.',
    ],
    [
      'the server for other names does not answer',
      noAnswer,
      { text: corefile(usual.replace('/etc/resolv.conf', '10.9.9.9')), log: upstreamLog },
      'forward . 10.9.9.9',
    ],
  ])('%s', async (_title, log, given, line) => {
    const cluster = log.includes('translate') ? crasher(log, 'http://api') : caller(log, 'https://api.pay.example.com');
    serve('api')(cluster);
    dns(cluster, given);
    expect(await about(cluster)).toBe(`ConfigMap coredns bad_config_value [${line}] high`);
  });

  test.each<[string, string, Dns, Build]>([
    ['the usual Corefile', unresolved, {}, serve('api')],
    ['the name is wrong', unresolvedLog('legder'), {}, serve('api')],
    [
      'a template for another zone',
      unresolved,
      { text: corefile(`    template ANY AAAA lab.example {\n        rcode NXDOMAIN\n    }\n${usual}`) },
      serve('api'),
    ],
    [
      'the server for other names answers',
      outside,
      { text: corefile(usual.replace('/etc/resolv.conf', '10.9.9.9')), log: '[INFO] plugin/reload: Running' },
      () => {},
    ],
  ])('not: %s', async (_title, log, given, build) => {
    const cluster = crasher(log, 'http://api');
    build(cluster);
    dns(cluster, given);
    expect(await about(cluster)).not.toContain('ConfigMap coredns');
  });

  test('the statement tells who asks for what, and which line is in the way', async () => {
    const cluster = crasher(unresolved, 'http://api');
    serve('api')(cluster);
    dns(cluster, { text: template('rcode NXDOMAIN') });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toBe(
      `The cluster's DNS does not resolve api, which Deployment ns/app asks for: a template answers NXDOMAIN for it ("template ANY A ns.svc.cluster.local" in the Corefile of ConfigMap kube-system/coredns).`,
    );
  });
});

describe('QUA-1: DNS servers that are not well', () => {
  const loop =
    '[FATAL] plugin/loop: Loop (127.0.0.1:44222 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO 4547991504243258144.3688648895315093531."';
  test('they forward to themselves: the callers are victims', async () => {
    const cluster = caller(noAnswer.replaceAll('api.pay.example.com', 'api'), 'http://api');
    serve('api')(cluster);
    dns(cluster, { ready: false, log: loop });
    expect(await about(cluster)).toBe('ConfigMap coredns bad_config_value [forward . /etc/resolv.conf] high');
  });
  test('about the servers themselves', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    dns(cluster, { ready: false, log: loop });
    expect(await causeOf(cluster, 'Deployment', 'kube-system', 'coredns')).toBe(
      'ConfigMap coredns bad_config_value [forward . /etc/resolv.conf] high',
    );
  });
  test('not: they end for another reason', async () => {
    const cluster = new TestCluster();
    dns(cluster, { ready: false, log: 'Listen: listen tcp :53: bind: permission denied' });
    expect(await causeOf(cluster, 'Deployment', 'kube-system', 'coredns')).not.toContain('forward');
  });
});

describe('QUA-1: a Service that is only another name', () => {
  function pointing(target: string, build: Build = () => {}): Promise<string> {
    const cluster = crasher(unresolvedLog('db'), 'db:5432');
    cluster.add('Service', 'ns', 'db', { spec: { type: 'ExternalName', externalName: target } });
    build(cluster);
    return about(cluster);
  }
  test('its target is outside and does not resolve', async () => {
    expect(await pointing('db.eu.example.com')).toBe('Service db wrong_dns_name [db.eu.example.com] medium');
  });
  test('its target is a Service that does not exist', async () => {
    expect(await pointing('pg.ns.svc.cluster.local')).toBe('Service db wrong_dns_name [pg.ns.svc.cluster.local] high');
  });
  test('not: its target is there', async () => {
    expect(await pointing('pg.ns.svc.cluster.local', serve('pg'))).not.toContain('Service db wrong_dns_name');
  });
});
