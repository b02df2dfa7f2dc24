import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import type { TestCluster } from '../../cluster.ts';
import { caller, refusedLog, timeoutLog } from './callers.ts';

type Build = (cluster: TestCluster) => void;

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const serve: Build = (cluster) => {
  cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
  cluster.service('ns', 'api');
};

describe('QUA-1: a port that a Service does not offer', () => {
  test.each<[string, string, string, Build, string]>([
    [
      'refused',
      refusedLog('http://api:9000/'),
      'http://api:9000',
      serve,
      'Deployment app wrong_endpoint [http://api:9000] high',
    ],
    [
      'timed out',
      timeoutLog('http://api:9000/'),
      'http://api:9000',
      serve,
      'Deployment app wrong_endpoint [http://api:9000] high',
    ],
    [
      'the port of https',
      refusedLog('https://api/'),
      'https://api',
      serve,
      'Deployment app wrong_endpoint [https://api] high',
    ],
    [
      'a port that no setting holds',
      refusedLog('http://api:9000/'),
      'production',
      serve,
      'Deployment app wrong_endpoint [api:9000] high',
    ],
    [
      'the full name',
      refusedLog('http://api.ns.svc.cluster.local:9000/'),
      'http://api.ns.svc.cluster.local:9000',
      serve,
      'Deployment app wrong_endpoint [http://api.ns.svc.cluster.local:9000] high',
    ],
    [
      'a headless Service whose pods have other ports',
      refusedLog('http://api:9000/'),
      'http://api:9000',
      (c) => {
        c.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
        c.service('ns', 'api', { headless: true });
      },
      'Deployment app wrong_endpoint [http://api:9000] high',
    ],
  ])('%s', async (_title, log, value, build, wanted) => {
    const cluster = caller(log, value);
    build(cluster);
    expect(await about(cluster)).toBe(wanted);
  });

  test('the value of a ConfigMap', async () => {
    const env = [{ name: 'API_URL', valueFrom: { configMapKeyRef: { name: 'conf', key: 'api' } } }];
    const cluster = caller(refusedLog('http://api:9000/'), '', { env });
    cluster.add('ConfigMap', 'ns', 'conf', { data: { api: 'http://api:9000' } });
    serve(cluster);
    expect(await about(cluster)).toBe('ConfigMap conf wrong_endpoint [http://api:9000] high');
  });

  test.each<[string, string, string, Build]>([
    ['the port is the one of the Service', refusedLog('http://api:80/'), 'http://api:80', serve],
    ['the port of http', refusedLog('http://api/'), 'http://api', serve],
    [
      'a headless Service whose pods have the port',
      refusedLog('http://api:9000/'),
      'http://api:9000',
      (c) => {
        c.running('ns', 'api', 'ok', { ports: [{ containerPort: 9000 }] });
        c.service('ns', 'api', { headless: true });
      },
    ],
    ['no Service of that name', refusedLog('http://api:9000/'), 'http://api:9000', () => {}],
    ['no port is told', refusedLog('api'), 'api', serve],
    ['it got over it', '2026-01-01 10:00:00 INFO GET http://api:9000/ ok\n'.repeat(5), 'http://api:9000', serve],
  ])('not: %s', async (_title, log, value, build) => {
    const cluster = caller(log, value);
    build(cluster);
    expect(await about(cluster)).not.toContain('wrong_endpoint');
  });
});

describe('QUA-1: an address instead of a name', () => {
  const connect = (address: string, how = 'connection refused'): string =>
    `2026-01-01 10:00:00 ERROR connect ${address}: ${how}\n`.repeat(5);
  const listens = { ports: [{ containerPort: 5432 }] };
  test.each<[string, string, string, Build, string]>([
    [
      'localhost, where nothing listens',
      connect('localhost:5432'),
      'postgres://localhost:5432/x',
      serve,
      'Deployment app wrong_endpoint [postgres://localhost:5432/x] high',
    ],
    [
      '127.0.0.1, where nothing listens',
      connect('127.0.0.1:5432'),
      '127.0.0.1:5432',
      serve,
      'Deployment app wrong_endpoint [127.0.0.1:5432] high',
    ],
    [
      'an address that no Service has',
      connect('10.9.9.9:5432'),
      '10.9.9.9:5432',
      serve,
      'Deployment app wrong_endpoint [10.9.9.9:5432] medium',
    ],
    [
      'an address that does not answer',
      connect('10.9.9.9:5432', 'i/o timeout'),
      '10.9.9.9:5432',
      serve,
      'Deployment app wrong_endpoint [10.9.9.9:5432] medium',
    ],
    [
      'of several words only the address',
      connect('10.9.9.9:5432'),
      '--db 10.9.9.9:5432 --log',
      serve,
      'Deployment app wrong_endpoint [10.9.9.9:5432] medium',
    ],
  ])('%s', async (_title, log, value, build, wanted) => {
    const cluster = caller(log, value);
    build(cluster);
    expect(await about(cluster)).toBe(wanted);
  });

  test.each<[string, string, string, Record<string, unknown>, Build]>([
    ['a container of the pod has the port', connect('localhost:5432'), 'localhost:5432', listens, serve],
    ['a Service has the address', connect('10.0.0.1:5432'), '10.0.0.1:5432', {}, serve],
    [
      'a pod has the address',
      connect('10.1.1.9:5432'),
      '10.1.1.9:5432',
      {},
      (c) => c.add('Pod', 'ns', 'db-0', { spec: { containers: [] }, status: { phase: 'Running', podIP: '10.1.1.9' } }),
    ],
    ['no setting holds the address', connect('10.9.9.9:5432'), 'production', {}, serve],
    ['another port of the address', connect('10.9.9.9:5432'), '10.9.9.9:6379', {}, serve],
    [
      'the log speaks of another failure',
      connect('10.9.9.9:5432', 'relation "users" does not exist'),
      '10.9.9.9:5432',
      {},
      serve,
    ],
  ])('not: %s', async (_title, log, value, container, build) => {
    const cluster = caller(log, value, container);
    build(cluster);
    expect(await about(cluster)).not.toContain('wrong_endpoint');
  });
});
