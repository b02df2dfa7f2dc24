import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { endpoints } from './callers.ts';

type Build = (cluster: TestCluster) => void;

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const serve =
  (name: string, namespace = 'ns', made = '2026-01-01T09:00:00Z'): Build =>
  (cluster) => {
    cluster.running(namespace, name, 'ok', { ports: [{ containerPort: 80 }] });
    cluster.add('Service', namespace, name, {
      metadata: { creationTimestamp: made },
      spec: { selector: { app: name }, clusterIP: '10.96.7.7', ports: [{ port: 80, targetPort: 80 }] },
    });
    endpoints(cluster, name, 1, namespace);
  };

/** A proxy whose configuration is a mounted ConfigMap; it crashes with a log, or runs and repeats it. */
function proxy(file: string, log: string, crashes = true): TestCluster {
  const cluster = new TestCluster();
  const volumeMounts = [{ name: 'conf', mountPath: '/etc/proxy' }];
  const volumes = [{ name: 'conf', configMap: { name: 'proxy-conf' } }];
  if (crashes) cluster.crash('ns', 'app', { log, container: { volumeMounts }, spec: { volumes } });
  else {
    const spec = { containers: [{ name: 'app', image: 'registry.test/app:1.0', volumeMounts }], volumes };
    cluster.deployment('ns', 'app', { ready: true, spec });
    cluster.log('ns', 'app-5d8f-abcde', 'app', log.repeat(5));
  }
  cluster.node('n1');
  cluster.add('ConfigMap', 'ns', 'proxy-conf', { data: { 'proxy.conf': file } });
  return cluster;
}

describe('QUA-1: a name that a proxy cannot resolve', () => {
  const nginx = (host: string): string => `upstream back {\n  server ${host}:80;\n}\nserver { listen 8080; }\n`;
  const nginxLog = (host: string): string =>
    `2026/01/01 10:03:59 [emerg] 1#1: host not found in upstream "${host}:80" in /etc/nginx/conf.d/proxy.conf:2\n`;
  const haproxy = (host: string): string => `backend api\n  server s1 ${host}:80 check\n`;
  const haproxyLog = (host: string): string =>
    `[NOTICE]   (1) : haproxy version is 2.8.3\n[ALERT]    (1) : config : [/etc/proxy/proxy.conf:2] : 'server api/s1' : could not resolve address '${host}'.\n`;
  const caddy = (host: string): string => `:8080 {\n  reverse_proxy ${host}:80\n}\n`;
  const caddyLog = (host: string): string =>
    `{"level":"error","ts":1767261839.1,"logger":"http.log.error","msg":"dial tcp: lookup ${host} on 10.96.0.10:53: no such host","status":502}\n`;

  test.each<[string, TestCluster, Build, string]>([
    [
      'nginx, a letter too few',
      proxy(nginx('invetory'), nginxLog('invetory')),
      serve('inventory'),
      'ConfigMap proxy-conf wrong_dns_name [invetory:80] high',
    ],
    [
      'nginx, the Service is gone and its pods run',
      proxy(nginx('inventory'), nginxLog('inventory')),
      (c) => c.running('ns', 'inventory', 'ok'),
      'Service inventory service_missing [inventory] high',
    ],
    [
      'nginx, the Service is in another namespace',
      proxy(nginx('inventory'), nginxLog('inventory')),
      serve('inventory', 'shop'),
      'ConfigMap proxy-conf wrong_dns_name [inventory:80] high',
    ],
    [
      'haproxy',
      proxy(haproxy('invetory'), haproxyLog('invetory')),
      serve('inventory'),
      'ConfigMap proxy-conf wrong_dns_name [invetory:80] high',
    ],
    [
      'a proxy that runs on',
      proxy(caddy('invetory'), caddyLog('invetory'), false),
      serve('inventory'),
      'ConfigMap proxy-conf wrong_dns_name [invetory:80] high',
    ],
  ])('%s', async (_title, cluster, build, wanted) => {
    build(cluster);
    expect(await about(cluster)).toBe(wanted);
  });
});

describe('QUA-1: a proxy that asks name servers itself', () => {
  const file = (resolver: string, host: string): string =>
    `resolver ${resolver} valid=10s;\nserver {\n  set $up http://${host};\n  proxy_pass $up;\n}\n`;
  const notFound = (host: string): string =>
    `2026/01/01 10:03:59 [error] 7#7: *3 ${host} could not be resolved (3: Host not found), client: 10.1.0.7, server: , request: "GET / HTTP/1.1"\n`;
  const noAnswer = (host: string): string =>
    `2026/01/01 10:03:59 [error] 7#7: *3 ${host} could not be resolved (110: Operation timed out), client: 10.1.0.7, server: , request: "GET / HTTP/1.1"\n`;

  test('it knows no search list', async () => {
    const cluster = proxy(file('10.96.0.10', 'inventory'), notFound('inventory'), false);
    serve('inventory')(cluster);
    expect(await about(cluster)).toBe('ConfigMap proxy-conf wrong_dns_name [inventory] high');
  });
  test('its name server does not answer', async () => {
    const cluster = proxy(
      file('10.0.0.10', 'inventory.ns.svc.cluster.local'),
      noAnswer('inventory.ns.svc.cluster.local'),
      false,
    );
    serve('inventory')(cluster);
    cluster.add('Service', 'kube-system', 'kube-dns', {
      spec: { clusterIP: '10.96.0.10', selector: { 'k8s-app': 'kube-dns' } },
    });
    expect(await about(cluster)).toBe('ConfigMap proxy-conf wrong_endpoint [10.0.0.10] high');
  });
  test.each<[string, string, string]>([
    [
      'the full name is asked for',
      file('10.96.0.10', 'inventory.ns.svc.cluster.local'),
      notFound('inventory.ns.svc.cluster.local'),
    ],
    [
      'the name server is the right one',
      file('10.96.0.10', 'inventory.ns.svc.cluster.local'),
      noAnswer('inventory.ns.svc.cluster.local'),
    ],
  ])('not: %s', async (_title, text, log) => {
    const cluster = proxy(text, log, false);
    serve('inventory')(cluster);
    cluster.add('Service', 'kube-system', 'kube-dns', {
      spec: { clusterIP: '10.96.0.10', selector: { 'k8s-app': 'kube-dns' } },
    });
    expect(await about(cluster)).not.toMatch(/wrong_dns_name|wrong_endpoint/);
  });
});

describe('QUA-1: an address that was kept', () => {
  const file = 'upstream back {\n  server inventory:80;\n}\n';
  const log =
    '2026/01/01 10:03:59 [error] 7#7: *3 connect() failed (113: No route to host) while connecting to upstream, client: 10.1.0.7, upstream: "http://10.96.3.3:80/"\n';
  const about2 = (made: string, text = file, said = log): Promise<string> => {
    const cluster = proxy(text, said, false);
    serve('inventory', 'ns', made)(cluster);
    return about(cluster);
  };
  test('the Service was made anew while the proxy ran', async () => {
    expect(await about2('2026-01-01T10:02:00Z')).toBe('Deployment app other [10.96.3.3] high');
  });
  test.each<[string, string, string, string]>([
    ['the Service is older than the proxy', '2026-01-01T09:00:00Z', file, log],
    ['the address is the one of the Service', '2026-01-01T10:02:00Z', file, log.replace('10.96.3.3', '10.96.7.7')],
    ['the address is set by hand', '2026-01-01T10:02:00Z', 'server 10.96.3.3:80;\n# inventory:80', log],
  ])('not: %s', async (_title, made, text, said) => {
    expect(await about2(made, text, said)).not.toContain('Deployment app other');
  });
});
