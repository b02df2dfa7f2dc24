import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause, initCause, mounting, runningCause } from '../crash-cause.ts';

const context = (securityContext: Record<string, unknown>) => ({ container: { securityContext } });
const podContext = (securityContext: Record<string, unknown>) => ({ spec: { securityContext } });
const readOnlyRoot = context({ readOnlyRootFilesystem: true });
const root = 'Deployment app security_context [readOnlyRootFilesystem] high';
const user = 'Deployment app security_context [runAsUser] high';
const denied = "PermissionError: [Errno 13] Permission denied: '/var/lib/app'";
const exit = 'Deployment app app_exit [1] medium';

describe('QUA-1: a file system that is read-only', () => {
  test.each<CrashCase>([
    ['Go', { log: '2026/01/01 10:00:00 open /var/run/app.pid: read-only file system', ...readOnlyRoot }, root],
    [
      'Node',
      {
        log: "Error: EROFS: read-only file system, open '/srv/app.db'\n    at openSync (node:fs:601:3)",
        ...readOnlyRoot,
      },
      root,
    ],
    [
      'Java',
      {
        log: 'java.nio.file.FileSystemException: /var/log/app.log: Read-only file system\n\tat java.base/sun.nio.fs.UnixException.translate(UnixException.java:100)',
        ...readOnlyRoot,
      },
      root,
    ],
    [
      'nginx',
      {
        log: '2026/01/01 10:00:00 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)',
        ...readOnlyRoot,
      },
      root,
    ],
    [
      'shell',
      { exitCode: 2, log: '/entrypoint.sh: 4: cannot create /tmp/x: Read-only file system', ...readOnlyRoot },
      root,
    ],
    [
      'a volume that is mounted read-only',
      {
        log: 'ERROR open /data/x: Read-only file system',
        spec: mounting('/data', { emptyDir: {} }, { readOnly: true }),
      },
      'Deployment app security_context [mountPath] high',
    ],
    [
      'a ConfigMap is never written to',
      { log: 'ERROR open /etc/app/x: Read-only file system', spec: mounting('/etc/app', { configMap: { name: 'c' } }) },
      'Deployment app security_context [mountPath] high',
    ],
    [
      'nor a Secret',
      { log: 'ERROR open /keys/x: Read-only file system', spec: mounting('/keys', { secret: { secretName: 's' } }) },
      'Deployment app security_context [mountPath] high',
    ],
    // What looks like it.
    ['nothing says so in the pod', { log: 'ERROR open /data/x: Read-only file system' }, exit],
    [
      'the field is false',
      { log: 'ERROR open /data/x: Read-only file system', ...context({ readOnlyRootFilesystem: false }) },
      exit,
    ],
    [
      'another volume is read-only',
      {
        log: 'ERROR open /data/x: Read-only file system',
        spec: mounting('/other', { emptyDir: {} }, { readOnly: true }),
      },
      exit,
    ],
    [
      'the field stands, another thing fails',
      { log: 'ERROR environment variable DB_URL is not set', ...readOnlyRoot },
      'Deployment app missing_env [DB_URL] high',
    ],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });

  test('the security context of the neighbour does not count', async () => {
    const spec = {
      containers: [
        { name: 'app', image: 'a:1' },
        { name: 'side', image: 's:1', securityContext: { readOnlyRootFilesystem: true } },
      ],
    };
    expect(await crashCause({ log: 'ERROR open /x: Read-only file system', spec })).toBe(exit);
  });

  test('a container that runs without its cache is well', async () => {
    expect(
      await runningCause('WARN no cache: Read-only file system\nINFO serving', {
        securityContext: { readOnlyRootFilesystem: true },
      }),
    ).toBe('no fault');
  });
});

describe('QUA-1: a user without rights', () => {
  test.each<CrashCase>([
    ['Python', { log: denied, ...context({ runAsUser: 1000 }) }, user],
    ['Go', { log: '2026/01/01 10:00:00 open /data/wal: permission denied', ...context({ runAsUser: 65532 }) }, user],
    [
      'Node',
      {
        log: "Error: EACCES: permission denied, mkdir '/app/tmp'\n    at mkdirSync (node:fs:1)",
        ...context({ runAsUser: 1000 }),
      },
      user,
    ],
    [
      'shell',
      { log: '/entrypoint.sh: 3: cannot create /etc/x: Permission denied', ...context({ runAsUser: 1000 }) },
      user,
    ],
    ['of the pod', { log: denied, ...podContext({ runAsUser: 1000 }) }, user],
    [
      "its own before the pod's",
      {
        log: denied,
        ...context({ runAsGroup: 7 }),
        spec: {
          containers: [{ name: 'app', image: 'a:1', securityContext: { runAsGroup: 7 } }],
          securityContext: { runAsUser: 1 },
        },
      },
      'Deployment app security_context [runAsGroup] high',
    ],
    [
      'only a group of the files: a lead',
      { log: denied, ...podContext({ fsGroup: 2000 }) },
      'Deployment app security_context [fsGroup] medium',
    ],
    [
      'runAsNonRoot',
      { log: denied, ...context({ runAsNonRoot: true }) },
      'Deployment app security_context [runAsNonRoot] high',
    ],
    [
      'a port below 1024',
      { log: 'FATAL listen tcp :80: bind: permission denied', ...context({ capabilities: { drop: ['ALL'] } }) },
      'Deployment app security_context [capabilities] high',
    ],
    [
      'a call that needs a capability',
      {
        log: 'ERROR chown /data: Operation not permitted',
        ...context({ capabilities: { drop: ['CHOWN'] }, runAsUser: 1 }),
      },
      'Deployment app security_context [capabilities] high',
    ],
    [
      'a program that will not run as root, and no field says so',
      { log: 'FATAL initdb: error: cannot be run as root' },
      'Deployment app security_context [null] low',
    ],
    // What looks like it.
    ['no security context', { log: denied }, exit],
    ['runAsNonRoot: false', { log: denied, ...context({ runAsNonRoot: false }) }, exit],
    ['capabilities, and a file', { log: denied, ...context({ capabilities: { drop: ['ALL'] } }) }, exit],
    [
      'Postgres refuses a table',
      { log: 'ERROR permission denied for table orders', ...context({ runAsUser: 1000 }) },
      exit,
    ],
    [
      'Postgres refuses a database',
      { log: 'ERROR permission denied to create database', ...context({ runAsUser: 1000 }) },
      exit,
    ],
    [
      'ssh refuses a key',
      { log: 'ERROR git@host.test: Permission denied (publickey).', ...context({ runAsUser: 1000 }) },
      exit,
    ],
    [
      'a file that is not there',
      {
        log: "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/license.key'",
        ...context({ runAsUser: 1000 }),
      },
      'Deployment app missing_file [/etc/app/license.key] high',
    ],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });

  test('an init container', async () => {
    expect(
      await initCause({
        log: 'chmod: /data: Operation not permitted',
        container: { securityContext: { runAsUser: 1000 } },
      }),
    ).toBe(user);
  });
});

describe('QUA-1: a container that is not started for its user', () => {
  const waits = async (message: string, more: (cluster: TestCluster) => void = () => {}) => {
    const cluster = new TestCluster();
    const state = { waiting: { reason: 'CreateContainerConfigError', message } };
    cluster.deployment('ns', 'app', {
      spec: {
        securityContext: { runAsNonRoot: true },
        containers: [{ name: 'app', image: 'a:1', envFrom: [{ configMapRef: { name: 'conf' } }] }],
      },
      status: { containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state }] },
    });
    more(cluster);
    return causeOf(cluster, 'Deployment', 'ns', 'app');
  };
  test.each([
    'container has runAsNonRoot and image will run as root (pod: "app-5d8f-abcde_ns(1)", container: app)',
    'container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root (pod: "p", container: app)',
    'container\'s runAsUser breaks non-root policy (pod: "p", container: app)',
  ])('%s', async (message) => {
    const conf = (cluster: TestCluster) => {
      cluster.add('ConfigMap', 'ns', 'conf', { data: { A: '1' } });
    };
    expect(await waits(message, conf)).toBe('Deployment app security_context [runAsNonRoot] high');
  });
  test('another reason of the same state', async () => {
    expect(await waits('configmap "conf" not found')).toBe('ConfigMap conf missing_configmap [conf] high');
  });
});
