import { describe, expect, test } from 'vitest';
import { type CrashCase, crashCause, holding, initCause, mounting, runningCause } from '../crash-cause.ts';

const file = (path: string) => `Deployment app missing_file [${path}] high`;
const noFile = (path: string) => `FileNotFoundError: [Errno 2] No such file or directory: '${path}'`;
const conf = { configMap: { name: 'conf' } };
const tls = { secret: { secretName: 'tls' } };
const exit = 'Deployment app app_exit [1] medium';

describe('QUA-1: a file that is missing', () => {
  test.each<CrashCase>([
    ['Python', { log: noFile('/opt/model.bin') }, file('/opt/model.bin')],
    [
      'Go',
      { log: '2026/01/01 10:00:00 FATAL open /etc/app/rules.yaml: no such file or directory' },
      file('/etc/app/rules.yaml'),
    ],
    [
      'Node',
      { log: "Error: ENOENT: no such file or directory, open '/srv/cfg.json'\n    at openSync (node:fs:601:3)" },
      file('/srv/cfg.json'),
    ],
    [
      'Java',
      {
        log: 'java.nio.file.NoSuchFileException: /opt/app/keys.jks\n\tat java.base/sun.nio.fs.UnixException.translate(UnixException.java:92)',
      },
      file('/opt/app/keys.jks'),
    ],
    ['shell', { exitCode: 2, log: '/entrypoint.sh: 3: cannot open /etc/app/env: No such file' }, file('/etc/app/env')],
    [
      'bash, with its own path longer',
      { log: '/usr/local/run-all.sh: line 3: /etc/app/env: No such file or directory' },
      file('/etc/app/env'),
    ],
    [
      'a directory where a file should be',
      { log: "IsADirectoryError: [Errno 21] Is a directory: '/etc/app/app.yaml'" },
      file('/etc/app/app.yaml'),
    ],
    [
      'a mounted volume without it',
      { log: noFile('/data/index'), spec: mounting('/data', { emptyDir: {} }) },
      file('/data/index'),
    ],
    [
      'a path that a ConfigMap gives',
      { log: noFile('/opt/m.bin'), container: { envFrom: [{ configMapRef: { name: 'conf' } }] } },
      'ConfigMap conf missing_file [/opt/m.bin] high',
      holding('ConfigMap', 'conf', { MODEL: '/opt/m.bin' }),
    ],
    // What looks like it.
    ['a program', { log: 'ERROR open /usr/bin/tool: no such file or directory' }, exit],
    ['a relative path', { log: 'ERROR open conf/app.yaml: no such file or directory' }, exit],
    [
      'the token of the account, and nothing takes it away',
      { log: 'ERROR open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory' },
      exit,
    ],
    ['got over, another end', { log: `WARN ${noFile('/opt/cache.bin')}, will retry\nERROR wrong columns` }, exit],
    ['a row that does not exist', { log: 'ERROR tenant 7 does not exist' }, exit],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test.each<CrashCase>([
    [
      'another spelling',
      { log: noFile('/etc/app/app.yaml'), spec: mounting('/etc/app', conf) },
      'ConfigMap conf missing_key [app.yaml] high',
      holding('ConfigMap', 'conf', { 'app.yml': 'a: 1' }),
    ],
    [
      'a subPath',
      { log: noFile('/etc/app.yaml'), spec: mounting('/etc/app.yaml', conf, { subPath: 'application.yaml' }) },
      'ConfigMap conf missing_key [application.yaml] high',
      holding('ConfigMap', 'conf', { 'app.yaml': 'a: 1' }),
    ],
    [
      'a folder deep',
      { log: noFile('/etc/app/d/x.yaml'), spec: mounting('/etc/app', conf) },
      'ConfigMap conf missing_key [d/x.yaml] high',
      holding('ConfigMap', 'conf', { 'x.yaml': 'a: 1' }),
    ],
    [
      'of a Secret',
      { log: noFile('/tls/ca.crt'), spec: mounting('/tls', tls) },
      'Secret tls missing_key [ca.crt] high',
      holding('Secret', 'tls', { 'tls.crt': 'eA==' }),
    ],
    [
      'the ConfigMap of that name is of another namespace',
      { log: noFile('/etc/app/app.yaml'), spec: mounting('/etc/app', { configMap: { name: 'conf', optional: true } }) },
      'ConfigMap conf missing_configmap [conf] high',
      holding('ConfigMap', 'conf', { 'app.yaml': 'a: 1' }, 'other'),
    ],
    [
      'an optional Secret that is not there',
      { log: noFile('/tls/tls.crt'), spec: mounting('/tls', { secret: { secretName: 'tls', optional: true } }) },
      'Secret tls missing_secret [tls] high',
    ],
    [
      'the key is there: the file is not made from it',
      { log: noFile('/etc/app/app.yaml'), spec: mounting('/etc/app', conf) },
      file('/etc/app/app.yaml'),
      holding('ConfigMap', 'conf', { 'app.yaml': 'a: 1' }),
    ],
    [
      'the path only begins like the mount',
      { log: noFile('/etc/app2/x'), spec: mounting('/etc/app', conf) },
      file('/etc/app2/x'),
      holding('ConfigMap', 'conf', { a: '1' }),
    ],
  ])('of a mounted ConfigMap or Secret: %s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('an init container', async () => {
    expect(await initCause({ log: "cp: can't stat: cannot open '/seed/data.sql': No such file or directory" })).toBe(
      file('/seed/data.sql'),
    );
  });

  test('a container that runs without it is well', async () => {
    expect(await runningCause(`WARN ${noFile('/opt/plugins')}\nINFO serving`)).toBe('no fault');
  });
});

const env = (...names: string[]) => ({ container: { env: names.map((name) => ({ name, value: 'set' })) } });
const missing = (name: string) => `Deployment app missing_env [${name}] high`;
const from = (name: string, kind = 'configMapRef') => ({ container: { envFrom: [{ [kind]: { name } }] } });

describe('QUA-1: a variable that is not set', () => {
  test.each<CrashCase>([
    ['Python', { log: "KeyError: 'SMTP_HOST'" }, missing('SMTP_HOST')],
    [
      'pydantic',
      { log: 'pydantic.error_wrappers.ValidationError: DATABASE_URL field required' },
      missing('DATABASE_URL'),
    ],
    ['Node', { log: 'Error: REDIS_URL is required\n    at main (/srv/app.js:3:9)' }, missing('REDIS_URL')],
    ['Go envconfig', { log: '2026/01/01 10:00:00 FATAL required key QUEUE_URL missing value' }, missing('QUEUE_URL')],
    [
      'Java',
      {
        log: 'java.lang.IllegalStateException: environment variable API_TOKEN is not set\n\tat com.acme.Main.main(Main.java:9)',
      },
      missing('API_TOKEN'),
    ],
    [
      'Ruby',
      { log: 'ERROR key not found: environment variable "SECRET_KEY_BASE" is not set' },
      missing('SECRET_KEY_BASE'),
    ],
    ['shell', { exitCode: 2, log: '/run.sh: line 2: BUCKET_NAME: unbound variable' }, missing('BUCKET_NAME')],
    ['Rust', { log: 'ERROR environment variable not found: LISTEN_ADDR must be set' }, missing('LISTEN_ADDR')],
    ['JSON', { log: '{"level":"fatal","msg":"config","error":"JWT_SECRET must be provided"}' }, missing('JWT_SECRET')],
    ['one word', { log: 'FATAL environment variable TOKEN is not set' }, missing('TOKEN')],
    [
      'the first of two that is not there',
      { log: 'FATAL DB_USER and DB_PASS are required', ...env('DB_USER') },
      missing('DB_PASS'),
    ],
    // What looks like it.
    ['it is set: the program means another thing', { log: 'FATAL DB_USER is required', ...env('DB_USER') }, exit],
    ['a signal', { log: 'ERROR SIGTERM required' }, exit],
    ['no name of a setting', { log: 'ERROR a title is required' }, exit],
    ['a right, not a setting', { log: 'ERROR POLICY_ADMIN required: denied' }, exit],
    ['got over', { log: 'WARN CACHE_URL is not set, using memory\nERROR wrong columns' }, exit],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test.each<CrashCase>([
    [
      'a ConfigMap that has other keys',
      { log: "KeyError: 'REDIS_URL'", ...from('conf') },
      'ConfigMap conf missing_key [REDIS_URL] high',
      holding('ConfigMap', 'conf', { OTHER: '1' }),
    ],
    [
      'a Secret that has other keys',
      { log: "KeyError: 'API_KEY'", ...from('creds', 'secretRef') },
      'Secret creds missing_key [API_KEY] high',
      holding('Secret', 'creds', { OTHER: 'MQ==' }),
    ],
    [
      'an optional key',
      {
        log: 'FATAL API_KEY is not set',
        container: {
          env: [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'creds', key: 'k', optional: true } } }],
        },
      },
      'Secret creds missing_key [k] high',
      holding('Secret', 'creds', {}),
    ],
    [
      'an optional key that is there',
      {
        log: 'FATAL API_KEY is not set',
        container: {
          env: [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'creds', key: 'k', optional: true } } }],
        },
      },
      exit,
      holding('Secret', 'creds', { k: 'MQ==' }),
    ],
    [
      'the second of two, when the first was read and has it',
      {
        log: "KeyError: 'B_URL'",
        container: { envFrom: [{ configMapRef: { name: 'one' } }, { configMapRef: { name: 'two' } }] },
      },
      'ConfigMap two missing_key [B_URL] high',
      (cluster) => {
        holding('ConfigMap', 'one', { B_URL: '' })(cluster);
        holding('ConfigMap', 'two', { C: '' })(cluster);
      },
    ],
    [
      'the envFrom of another container',
      {
        log: "KeyError: 'REDIS_URL'",
        spec: {
          containers: [
            { name: 'app', image: 'a:1' },
            { name: 'side', image: 's:1', envFrom: [{ configMapRef: { name: 'conf' } }] },
          ],
        },
      },
      missing('REDIS_URL'),
      holding('ConfigMap', 'conf', { OTHER: '1' }),
    ],
  ])('that should come from %s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('an init container', async () => {
    expect(await initCause({ log: 'sh: 1: MIGRATE_URL: parameter not set' })).toBe(missing('MIGRATE_URL'));
  });

  test('a container that runs without it is well', async () => {
    expect(await runningCause('WARN SENTRY_DSN is not set\nINFO serving')).toBe('no fault');
  });
});
