import { describe, expect, test } from 'vitest';
import type { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause, holding, mounting, type More, runningCause } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const secretEnv = (name: string, secret: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});
const host = { name: 'DB_HOST', value: 'db' };
const client = { container: { env: [host, secretEnv('DB_PASSWORD', 'app-db', 'password')] } };
const secret =
  (name: string, fields: Fields = {}): More =>
  (cluster) => {
    cluster.add('Secret', 'ns', name, { data: { password: 'eA==' }, ...fields });
  };
/** The server `db` behind its Service, which takes its password from a Secret. */
const server =
  (from: string, key = 'password') =>
  (cluster: TestCluster): void => {
    cluster.running('ns', 'db', 'ready', {
      env: [secretEnv('POSTGRES_PASSWORD', from, key)],
      ports: [{ containerPort: 5432 }],
    });
    cluster.service('ns', 'db', { port: 5432 });
    secret(from)(cluster);
  };
const both: More = (cluster) => {
  server('db-root')(cluster);
  secret('app-db')(cluster);
};
const refused = 'FATAL: password authentication failed for user "shop"';
const high = 'Secret app-db wrong_credential [app-db] high';
const lead = 'Secret app-db wrong_credential [app-db] medium';
const exit = 'Deployment app app_exit [1] medium';

describe('QUA-1: a login that is refused', () => {
  test.each<CrashCase>([
    ['Postgres', { log: refused, ...client }, high, both],
    [
      'MySQL',
      { log: "ERROR 1045 (28000): Access denied for user 'shop'@'10.0.0.7' (using password: YES)", ...client },
      high,
      both,
    ],
    ['Redis', { log: 'FATAL WRONGPASS invalid username-password pair or user is disabled.', ...client }, high, both],
    ['MongoDB', { log: 'ERROR MongoServerError: Authentication failed.', ...client }, high, both],
    ['AMQP', { log: 'ERROR SASL PLAIN authentication failure', ...client }, high, both],
    ['an API', { log: 'ERROR invalid api key', ...client }, high, both],
    ['a role that is not there', { log: 'FATAL: role "shpo" does not exist', ...client }, high, both],
    ['the server is not known: a lead', { log: refused, ...client }, lead, secret('app-db')],
    ['both take the same key: a lead', { log: refused, ...client }, lead, server('app-db')],
    [
      'the password before the user',
      {
        log: refused,
        container: { env: [secretEnv('DB_USER', 'users', 'u'), secretEnv('DB_PASSWORD', 'app-db', 'password')] },
      },
      lead,
      (cluster) => {
        secret('app-db')(cluster);
        secret('users')(cluster);
      },
    ],
    [
      'from a volume',
      { log: refused, spec: mounting('/creds', { secret: { secretName: 'app-db' } }) },
      lead,
      secret('app-db'),
    ],
    [
      'a literal',
      { log: refused, container: { env: [{ name: 'DB_PASSWORD', value: 'hunter' }] } },
      'Deployment app wrong_credential [DB_PASSWORD] medium',
    ],
    [
      'a URL in a ConfigMap',
      { log: refused, container: { envFrom: [{ configMapRef: { name: 'conf' } }] } },
      'ConfigMap conf wrong_credential [DATABASE_URL] medium',
      holding('ConfigMap', 'conf', { DATABASE_URL: 'postgres://shop@db/shop' }),
    ],
    ['no source: the user of the message', { log: refused }, 'Deployment app wrong_credential [shop] medium'],
    // What looks like it.
    [
      'a variable that holds no login is no source',
      { log: refused, container: { env: [secretEnv('MODE', 'modes', 'mode')] } },
      'Deployment app wrong_credential [shop] medium',
      secret('modes'),
    ],
    [
      'the Secret of another container is none',
      {
        log: refused,
        spec: {
          containers: [
            { name: 'app', image: 'a:1' },
            { name: 'side', image: 's:1', env: [secretEnv('DB_PASSWORD', 'app-db', 'password')] },
          ],
        },
      },
      'Deployment app wrong_credential [shop] medium',
      secret('app-db'),
    ],
    ['no login at all', { log: 'ERROR wrong columns', ...client }, exit, both],
    ['a connection that is refused', { log: 'ERROR cannot save: disk quota policy', ...client }, exit, both],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('one user who mistypes is no fault', async () => {
    expect(await runningCause(`WARN ${refused}\nINFO serving`)).toBe('no fault');
  });
});

const changed = '2026-01-01T10:02:00Z';
const written = (time: string, creationTimestamp = '2026-01-01T08:00:00Z') =>
  secret('shared', { metadata: { creationTimestamp, managedFields: [{ manager: 'ops', time }] } });
/** The server runs since before the Secret that both take was written. */
const since =
  (
    startTime: string,
    env: Fields[] = [secretEnv('POSTGRES_PASSWORD', 'shared', 'password')],
    spec: Fields = {},
  ): More =>
  (cluster) => {
    const startedAt = startTime;
    cluster.deployment('ns', 'db', {
      ready: true,
      spec: { containers: [{ name: 'db', image: 'd:1', env, ports: [{ containerPort: 5432 }] }], ...spec },
      status: {
        startTime,
        containerStatuses: [{ name: 'db', ready: true, restartCount: 0, state: { running: { startedAt } } }],
      },
    });
    cluster.service('ns', 'db', { port: 5432 });
  };
const taker = { log: refused, container: { env: [host, secretEnv('DB_PASSWORD', 'shared', 'password')] } };
const stale = 'Deployment db stale_secret_env [shared] high';
const same = 'Secret shared wrong_credential [shared] medium';
const then =
  (...steps: More[]): More =>
  (cluster) => {
    for (const step of steps) step(cluster);
  };

describe('QUA-1: a Secret that was changed under a running pod', () => {
  test.each<CrashCase>([
    ['the server runs since before', taker, stale, then(since('2026-01-01T09:00:00Z'), written(changed))],
    // What looks like it.
    ['the server started after it', taker, same, then(since('2026-01-01T10:03:00Z'), written(changed))],
    [
      'the Secret was written once, when it was made',
      taker,
      same,
      then(since('2026-01-01T09:00:00Z'), written(changed, changed)),
    ],
    ['nobody says when it was written', taker, same, then(since('2026-01-01T09:00:00Z'), secret('shared'))],
    [
      'a volume is renewed by itself',
      taker,
      'Secret shared wrong_credential [shared] high',
      then(
        since('2026-01-01T09:00:00Z', [], { volumes: [{ name: 'v', secret: { secretName: 'shared' } }] }),
        written(changed),
      ),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});

const tls = { secret: { secretName: 'tls' } };
const cert: More = holding('Secret', 'tls', { 'tls.crt': 'eA==', 'tls.key': 'eA==' });

describe('QUA-1: a certificate that has expired', () => {
  const atTls = mounting('/tls', tls);
  const value = (date: string) => `Secret tls cert_expired [${date}] high`;
  test.each<CrashCase>([
    [
      'Go',
      {
        log: 'FATAL /tls/tls.crt: x509: certificate has expired or is not yet valid: current time 2026-01-01T10:00:00Z is after 2025-12-01T00:00:00Z',
        spec: atTls,
      },
      value('2025-12-01T00:00:00Z'),
      cert,
    ],
    [
      'OpenSSL',
      { log: 'ERROR /tls/tls.crt: certificate has expired, notAfter=Dec  1 00:00:00 2025 GMT', spec: atTls },
      value('Dec  1 00:00:00 2025 GMT'),
      cert,
    ],
    [
      'Node, no date',
      { log: 'Error: CERT_HAS_EXPIRED\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1540:34)', spec: atTls },
      value('tls'),
      cert,
    ],
    ['the only Secret with a certificate', { log: 'FATAL certificate has expired', spec: atTls }, value('tls'), cert],
    [
      'nobody holds one: a lead',
      { log: 'FATAL certificate has expired on 2025-12-01' },
      'Deployment app cert_expired [2025-12-01] medium',
    ],
    [
      'a Secret without a certificate is no holder',
      { log: 'FATAL certificate has expired on 2025-12-01', spec: atTls },
      'Deployment app cert_expired [2025-12-01] medium',
      holding('Secret', 'tls', { password: 'eA==' }),
    ],
    // What looks like it.
    [
      'one that will expire',
      { log: 'WARN certificate expires on 2026-03-01\nERROR wrong columns', spec: atTls },
      exit,
      cert,
    ],
    [
      'one that is not trusted',
      { log: 'FATAL x509: certificate signed by unknown authority', spec: atTls },
      exit,
      cert,
    ],
    ['a session', { log: 'ERROR session has expired', spec: atTls }, exit, cert],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('of a client, in a container that is well', async () => {
    expect(await runningCause('WARN client certificate has expired\nINFO serving')).toBe('no fault');
  });
});
