import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { crashCause, type More, holding, runningCause } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const env = (name: string, value: string): Fields => ({ name, value });
const optional = (name: string, from: string, object: string, key: string): Fields => ({
  name,
  valueFrom: { [from]: { name: object, key, optional: true } },
});
const secret = (name: string, object: string, key: string): Fields => ({
  name,
  valueFrom: { secretKeyRef: { name: object, key } },
});
const serve =
  (name: string, port = 80): More =>
  (cluster) => {
    cluster.running('ns', name, 'ok');
    cluster.service('ns', name, { port });
  };
const all =
  (...more: More[]): More =>
  (cluster) => {
    for (const one of more) one(cluster);
  };
const unresolved = (host: string) =>
  `FATAL could not translate host name "${host}" to address: Name or service not known`;

describe('QUA-1: one variable twice', () => {
  test.each<[string, string, Fields, string, More]>([
    [
      'the value that wins is rejected',
      "FATAL unknown log format 'jsn'",
      { env: [env('LOG_FORMAT', 'json'), env('OTHER', '1'), env('LOG_FORMAT', 'jsn')] },
      'Deployment app env_shadowed [LOG_FORMAT] high',
      () => {},
    ],
    [
      'the host that wins does not exist',
      'Error: getaddrinfo ENOTFOUND db-old',
      { env: [env('DB_URL', 'postgres://db:5432/x'), env('DB_URL', 'postgres://db-old:5432/x')] },
      'Deployment app env_shadowed [DB_URL] high',
      serve('db', 5432),
    ],
    [
      'a literal over the value of a ConfigMap',
      unresolved('db-staging'),
      { env: [env('DB_HOST', 'db-staging')], envFrom: [{ configMapRef: { name: 'conf' } }] },
      'Deployment app env_shadowed [DB_HOST] high',
      all(holding('ConfigMap', 'conf', { DB_HOST: 'db' }), serve('db')),
    ],
    [
      'the second of two ConfigMaps',
      unresolved('db-staging'),
      { envFrom: [{ configMapRef: { name: 'conf' } }, { configMapRef: { name: 'more' } }] },
      'ConfigMap more env_shadowed [DB_HOST] high',
      all(
        holding('ConfigMap', 'conf', { DB_HOST: 'db' }),
        holding('ConfigMap', 'more', { DB_HOST: 'db-staging' }),
        serve('db'),
      ),
    ],
    [
      'with a prefix it is another variable',
      unresolved('db-staging'),
      { env: [env('DB_HOST', 'db-staging')], envFrom: [{ prefix: 'A_', configMapRef: { name: 'conf' } }] },
      'Deployment app wrong_dns_name [db-staging] medium',
      all(holding('ConfigMap', 'conf', { DB_HOST: 'db' }), serve('db')),
    ],
    [
      'a literal that was meant to win: the other does not exist either',
      unresolved('db-staging'),
      { env: [env('DB_HOST', 'db-staging')], envFrom: [{ configMapRef: { name: 'conf' } }] },
      'Deployment app wrong_dns_name [db-staging] medium',
      holding('ConfigMap', 'conf', { DB_HOST: 'pg' }),
    ],
    [
      'two Secrets for one password, and the login is refused',
      'panic: WRONGPASS invalid username-password pair or user is disabled.',
      { env: [secret('REDIS_AUTH', 'own-redis', 'password'), secret('REDIS_AUTH', 'shared-redis', 'redis-password')] },
      'Deployment app env_shadowed [shared-redis] high',
      all(
        holding('Secret', 'own-redis', { password: 'x' }),
        holding('Secret', 'shared-redis', { 'redis-password': 'y' }),
      ),
    ],
    [
      'nothing shows that it minds',
      'FATAL giving up',
      { env: [env('A_URL', 'one'), env('A_URL', 'two')] },
      'Deployment app env_shadowed [A_URL] medium',
      () => {},
    ],
    [
      'a value and a reference',
      'FATAL giving up',
      { env: [env('A_URL', 'one'), { name: 'A_URL', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      'Deployment app env_shadowed [A_URL] medium',
      () => {},
    ],
  ])('%s', async (_title, log, container, wanted, more) => {
    expect(await crashCause({ log, container }, more)).toBe(wanted);
  });

  test.each<[string, Fields[], Fields[]]>([
    ['the same value', [env('A_URL', 'one'), env('A_URL', 'one')], []],
    ['one in each container', [env('A_URL', 'one')], [env('A_URL', 'two')]],
    ['names that differ in case', [env('A_URL', 'one'), env('a_url', 'two')], []],
  ])('not: %s', async (_title, own, side) => {
    const containers = [
      { name: 'app', image: 'a:1', env: own },
      { name: 'side', image: 's:1', env: side },
    ];
    expect(await crashCause({ log: 'FATAL giving up', spec: { containers } })).not.toContain('env_shadowed');
  });

  test('a program that runs and does not mind has no fault', async () => {
    expect(await runningCause('ready\n', { env: [env('A_URL', 'one'), env('A_URL', 'two')] })).toBe('no fault');
  });

  test('a program that runs and calls the wrong place', async () => {
    const log = 'ERROR GET http://stock:8090/: connection refused\n'.repeat(5);
    const container = { env: [env('STOCK_URL', 'http://stock'), env('STOCK_URL', 'http://stock:8090')] };
    expect(await runningCause(log, container, serve('stock'))).toBe('Deployment app env_shadowed [STOCK_URL] high');
  });
});

describe('QUA-1: an optional reference that is not there', () => {
  const refused = 'WARN DB_HOST not set, using localhost:5432\nFATAL connect to localhost:5432: connection refused';
  test.each<[string, string, Fields, string, More]>([
    [
      'the key, and the program falls back',
      refused,
      { env: [optional('DB_HOST', 'configMapKeyRef', 'conf', 'db_host')] },
      'ConfigMap conf missing_key [db_host] high',
      holding('ConfigMap', 'conf', { 'db-host': 'db' }),
    ],
    [
      'the ConfigMap, and the program falls back',
      refused,
      { env: [optional('DB_HOST', 'configMapKeyRef', 'conf', 'db_host')] },
      'ConfigMap conf missing_configmap [conf] high',
      () => {},
    ],
    [
      'the program falls back and does not say so',
      'FATAL connect to localhost:5432: connection refused',
      { env: [optional('DB_HOST', 'configMapKeyRef', 'conf', 'db_host')] },
      'ConfigMap conf missing_key [db_host] medium',
      holding('ConfigMap', 'conf', { 'db-host': 'db' }),
    ],
    [
      'a Secret that the program needs',
      'FATAL API_TOKEN is required',
      { env: [optional('API_TOKEN', 'secretKeyRef', 'creds', 'token')] },
      'Secret creds missing_secret [creds] high',
      () => {},
    ],
    [
      'a Secret whose variable the program names in words of its own',
      "APPLICATION FAILED: Failed to configure a MailServer: 'url' attribute is not specified",
      {
        env: [
          optional('APP_MAIL_SERVER_USER', 'secretKeyRef', 'mail', 'user'),
          optional('APP_MAIL_SERVER_URL', 'secretKeyRef', 'mail', 'url'),
        ],
      },
      'Secret mail missing_secret [mail] high',
      () => {},
    ],
    [
      'a Secret whose variable a framework names with dots',
      'Error: property spring.rabbitmq.password is not set',
      { env: [optional('SPRING_RABBITMQ_PASSWORD', 'secretKeyRef', 'queue', 'password')] },
      'Secret queue missing_secret [queue] high',
      () => {},
    ],
    [
      'a ConfigMap of envFrom that the program needs',
      'FATAL required setting FEATURE_BACKEND is not set',
      { envFrom: [{ configMapRef: { name: 'flags', optional: true } }] },
      'ConfigMap flags missing_configmap [flags] high',
      () => {},
    ],
    [
      'a key in other letters',
      'FATAL required setting DATABASE_URL is not set',
      { envFrom: [{ configMapRef: { name: 'other' } }, { configMapRef: { name: 'conf' } }] },
      'ConfigMap conf missing_key [DATABASE_URL] high',
      all(holding('ConfigMap', 'other', { MODE: 'x' }), holding('ConfigMap', 'conf', { database_url: 'db' })),
    ],
  ])('%s', async (_title, log, container, wanted, more) => {
    expect(await crashCause({ log, container }, more)).toBe(wanted);
  });

  test.each<[string, string, Fields, More]>([
    [
      'the key is there',
      refused,
      { env: [optional('DB_HOST', 'configMapKeyRef', 'conf', 'db_host')] },
      holding('ConfigMap', 'conf', { db_host: 'db' }),
    ],
    [
      'another entry sets it',
      refused,
      { env: [env('DB_HOST', 'localhost'), optional('DB_HOST', 'configMapKeyRef', 'conf', 'db_host')] },
      () => {},
    ],
    [
      'the program misses something else',
      "FATAL the 'region' of the bucket is not specified",
      { env: [optional('MAIL_SERVER_URL', 'secretKeyRef', 'mail', 'url')] },
      () => {},
    ],
    [
      'the failing host is one that a setting holds',
      'FATAL connect to queue:5672: connection refused',
      { env: [env('QUEUE', 'queue:5672'), optional('DB_HOST', 'configMapKeyRef', 'conf', 'h')] },
      () => {},
    ],
  ])('not: %s', async (_title, log, container, more) => {
    expect(await crashCause({ log, container }, more)).not.toMatch(/missing_(?:key|configmap|secret)/);
  });

  test('the answer names the key that is there instead', async () => {
    const cluster = new TestCluster();
    const container = { env: [optional('DB_HOST', 'configMapKeyRef', 'conf', 'db_host')] };
    cluster.crash('ns', 'app', { log: refused, container });
    cluster.add('ConfigMap', 'ns', 'conf', { data: { 'db-host': 'db' } });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain('has no key db_host (it has db-host)');
    expect(verdict.remediation[0]?.action).toBe('Add the key db_host to ConfigMap conf, then restart app');
  });
});

describe('QUA-1: a reference in a value that stays as it stands', () => {
  const url = env('DB_URL', 'postgres://$(DB_HOST):5432/app');
  test.each<[string, string, Fields, string, string]>([
    [
      'it is set only later',
      unresolved('$(DB_HOST)'),
      { env: [url, env('DB_HOST', 'db')] },
      'Deployment app bad_config_value [$(DB_HOST)] high',
      'DB_HOST is set after DB_URL',
    ],
    [
      'nothing sets it',
      unresolved('$(DB_HOST)'),
      { env: [url] },
      'Deployment app bad_config_value [$(DB_HOST)] high',
      'no variable DB_HOST is set',
    ],
    [
      'the form of a shell',
      'FATAL invalid port "${PORT}"',
      { env: [env('LISTEN', '0.0.0.0:${PORT}'), env('PORT', '80')] },
      'Deployment app bad_config_value [${PORT}] high',
      'Kubernetes replaces $(NAME)',
    ],
  ])('%s', async (_title, log, container, wanted, words) => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log, container });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain(words);
  });

  test('not: it is set before', async () => {
    const container = { env: [env('DB_HOST', 'pg'), url] };
    expect(await crashCause({ log: unresolved('pg'), container })).not.toContain('bad_config_value');
  });
});

describe('QUA-1: the variable that Kubernetes sets for a Service', () => {
  const log = "FATAL invalid value for REDIS_PORT: 'tcp://10.0.0.1:6379' is no number";
  test.each<[string, Fields, Fields, string]>([
    ['a program takes it for its own', {}, {}, 'Deployment app bad_config_value [tcp://10.0.0.1:6379] high'],
    [
      'somebody set it so',
      { env: [env('REDIS_PORT', 'tcp://10.0.0.1:6379')] },
      {},
      'Deployment app bad_config_value [tcp://10.0.0.1:6379] high',
    ],
  ])('%s', async (_title, container, spec, wanted) => {
    expect(await crashCause({ log, container, spec }, serve('redis', 6379))).toBe(wanted);
  });

  test.each<[string, Fields, number]>([
    ['service links are off', { enableServiceLinks: false }, 6379],
    ['no Service has this address', {}, 6380],
  ])('not: %s', async (_title, spec, port) => {
    expect(await crashCause({ log, spec }, serve('redis', port))).not.toContain('bad_config_value');
  });
});
