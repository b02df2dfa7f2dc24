import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { caller } from './callers.ts';

const about = (cluster: ReturnType<typeof caller>) => causeOf(cluster, 'Deployment', 'ns', 'app');
const often = (line: string) => `ERROR ${line}\n`.repeat(5);

describe('QUA-1: the right place, the wrong protocol, path or database', () => {
  test.each<[string, string, string, string]>([
    [
      'TLS against plain text (Go)',
      'GET https://stock:80/items: http: server gave HTTP response to HTTPS client',
      'https://stock:80',
      'Deployment app wrong_endpoint [https://stock:80] high',
    ],
    [
      'TLS against plain text (Python)',
      'GET https://stock:80/items: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)',
      'https://stock:80',
      'Deployment app wrong_endpoint [https://stock:80] high',
    ],
    [
      'TLS against plain text (Java)',
      'https://stock:80/items: javax.net.ssl.SSLException: Unsupported or unrecognized SSL message',
      'https://stock:80',
      'Deployment app wrong_endpoint [https://stock:80] high',
    ],
    [
      'plain text against TLS',
      'GET http://stock:80/ answered: Client sent an HTTP request to an HTTPS server.',
      'http://stock:80',
      'Deployment app wrong_endpoint [http://stock:80] high',
    ],
    [
      'a path that is not there',
      'GET http://stock/api/v2/items: HTTP 404 Not Found',
      'http://stock/api/v2',
      'Deployment app wrong_endpoint [http://stock/api/v2] high',
    ],
  ])('%s', async (_title, line, value, wanted) => {
    const cluster = caller(often(line), value);
    cluster.running('ns', 'stock', '10.0.0.9 "GET /api/v2/items HTTP/1.1" 404 -\n', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'stock');
    expect(await about(cluster)).toBe(wanted);
  });

  test('a path is only a lead while the callee says nothing of it', async () => {
    const cluster = caller(often('GET http://stock/api/v2/items: HTTP 404 Not Found'), 'http://stock/api/v2');
    cluster.running('ns', 'stock', 'ready\n', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'stock');
    expect(await about(cluster)).toBe('Deployment app wrong_endpoint [http://stock/api/v2] medium');
  });

  test.each<[string, string, string]>([
    [
      'the setting says the right scheme',
      'GET https://stock:80/items: http: server gave HTTP response to HTTPS client',
      'http://stock:80',
    ],
    ['one item is not found', 'GET http://stock/api/v2/items/7: HTTP 404 Not Found', 'http://stock'],
  ])('not: %s', async (_title, line, value) => {
    const cluster = caller(often(line), value);
    cluster.running('ns', 'stock', 'ready\n', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'stock');
    expect(await about(cluster)).not.toContain('wrong_endpoint');
  });

  test.each<[string, string, string, string]>([
    [
      'PostgreSQL',
      'connection to server at "db", port 5432 failed: FATAL:  database "ordrs" does not exist',
      'POSTGRES_DB',
      'high',
    ],
    ['MySQL', "connect db:5432: ERROR 1049 (42000): Unknown database 'ordrs'", 'MYSQL_DATABASE', 'high'],
    [
      'its server does not tell what it has',
      'connect db:5432: FATAL:  database "ordrs" does not exist',
      'OTHER',
      'medium',
    ],
  ])('a database that does not exist: %s', async (_title, line, variable, confidence) => {
    const cluster = caller(often(line), 'postgres://u@db:5432/ordrs');
    cluster.running('ns', 'db', 'ready\n', { env: [{ name: variable, value: 'orders' }] });
    cluster.service('ns', 'db', { port: 5432 });
    expect(await about(cluster)).toBe(`Deployment app wrong_endpoint [postgres://u@db:5432/ordrs] ${confidence}`);
  });
});
