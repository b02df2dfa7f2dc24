import { describe, expect, test } from 'vitest';
import { answerAbout } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause, initCause, mounting, runningCause } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const claim = { persistentVolumeClaim: { claimName: 'data' } };
const on = (path: string, spec: Fields = {}, container: Fields = {}) => ({
  ...mounting(path, claim, {}, container),
  ...spec,
});
const is = (path: string, confidence = 'high') => `Deployment app volume_permission [${path}] ${confidence}`;
const withClaim = (cluster: TestCluster) => {
  cluster.add('PersistentVolumeClaim', 'ns', 'data', { status: { phase: 'Bound' } });
};

describe('QUA-1: a volume that belongs to another user', () => {
  test.each<CrashCase>([
    [
      'a shell',
      { log: "mkdir: can't create directory '/data/plugins': Permission denied", spec: on('/data') },
      is('/data'),
    ],
    [
      'a program that says it in other words, before the error that follows',
      {
        log: 'Error: unable to rename (/data/.sys/tmp -> /data/.sys/old/3) file access denied, drive may be faulty\nERROR Unable to initialize backend: drive not found',
        spec: on('/data', { securityContext: { runAsUser: 1000 } }),
      },
      is('/data'),
    ],
    [
      'a directory that fsGroup opens to its group: a lead',
      {
        log: '2026-01-01 10:00:00 UTC [1] FATAL:  data directory "/data/pg" has invalid permissions\n2026-01-01 10:00:00 UTC [1] DETAIL:  Permissions should be u=rwx (0700).',
        spec: on('/data', { securityContext: { runAsUser: 999, fsGroup: 999 } }),
      },
      is('/data', 'medium'),
    ],
    [
      'an export of an NFS server: a lead',
      {
        log: "chown: changing ownership of '/data/x': Operation not permitted",
        spec: mounting('/data', { nfs: { server: 'nfs.test', path: '/e' } }),
      },
      is('/data', 'medium'),
    ],
    [
      'who may be root without its capabilities: a lead',
      {
        log: 'ERROR open /data/x: permission denied',
        spec: on('/data', {}, { securityContext: { capabilities: { drop: ['ALL'] } } }),
      },
      is('/data', 'medium'),
    ],
    [
      'a warning before an end for another reason',
      {
        log: 'WARN cannot write /data/cache: permission denied, using memory\nERROR license: wrong key',
        spec: on('/data'),
      },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a program that checks first',
      { log: 'ERROR /data is not writable by user 1000', spec: on('/data') },
      is('/data'),
    ],
    [
      'Go',
      { log: 'level=error msg="open storage" err="open /data/queries.active: permission denied"', spec: on('/data') },
      is('/data'),
    ],
    [
      'Node',
      { log: "Error: EACCES: permission denied, mkdir '/data/db'\n    at mkdirSync (node:fs:1)", spec: on('/data') },
      is('/data'),
    ],
    [
      'Java',
      {
        log: 'java.nio.file.AccessDeniedException: /data/node.lock\n\tat a.B.c(B.java:1)',
        spec: on('/data'),
      },
      is('/data'),
    ],
    [
      'Python',
      {
        log: 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nPermissionError: [Errno 13] Permission denied: \'/data/x.db\'',
        spec: on('/data'),
      },
      is('/data'),
    ],
    [
      '.NET',
      {
        log: "Unhandled exception. System.UnauthorizedAccessException: Access to the path '/data/keys' is denied.\n   at A.B.C()",
        spec: on('/data'),
      },
      is('/data'),
    ],
    [
      'MongoDB, JSON',
      {
        log: '{"s":"F","msg":"Location","attr":{"error":"boost::filesystem::status: Permission denied [system:13]: \\"/data/db/mongod.lock\\""}}',
        spec: on('/data/db'),
      },
      is('/data/db'),
    ],
    [
      'initdb',
      {
        log: 'initdb: error: could not change permissions of directory "/pg": Operation not permitted',
        spec: on('/pg', {}, { securityContext: { runAsUser: 999 } }),
      },
      is('/pg'),
    ],
    [
      'a user of its own is no other cause',
      {
        log: 'ERROR open /data/wal: permission denied',
        spec: on('/data', {}, { securityContext: { runAsUser: 1000 } }),
      },
      is('/data'),
    ],
    [
      'a directory of the node',
      {
        log: 'ERROR open /host/x: permission denied',
        spec: mounting('/host', { hostPath: { path: '/srv', type: 'DirectoryOrCreate' } }),
      },
      is('/host'),
    ],
    // A lead only.
    [
      'fsGroup is set',
      { log: 'ERROR open /data/x: permission denied', spec: on('/data', { securityContext: { fsGroup: 1000 } }) },
      is('/data', 'medium'),
    ],
    [
      'root, whom a file server may map to nobody',
      {
        log: 'ERROR open /data/x: permission denied',
        spec: on('/data', {}, { securityContext: { runAsUser: 0 } }),
      },
      is('/data', 'medium'),
    ],
    [
      'an init container changes the owner',
      {
        log: 'ERROR open /data/x: permission denied',
        spec: on('/data', {
          initContainers: [{ name: 'own', image: 'i:1', command: ['chown', '-R', '1000', '/data'] }],
        }),
      },
      is('/data', 'medium'),
    ],
    ['no path, one claim', { log: 'FATAL storage: permission denied', spec: on('/data') }, is('/data', 'medium')],
    // Another mechanism.
    [
      'a path of the image',
      { log: 'ERROR open /usr/share/app/x: permission denied', spec: on('/data') },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a volume that is mounted read-only',
      {
        log: 'ERROR open /data/x: Read-only file system',
        spec: mounting('/data', claim, { readOnly: true }),
      },
      'Deployment app security_context [mountPath] high',
    ],
    [
      'a full volume',
      { log: 'ERROR write /data/x: no space left on device', spec: on('/data') },
      'PersistentVolumeClaim data disk_full [/data] high',
      withClaim,
    ],
    [
      'a database refuses a table',
      { log: 'ERROR permission denied for table orders', spec: on('/data') },
      'Deployment app app_exit [1] medium',
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('an init container', async () => {
    const spec = {
      initContainers: [{ name: 'setup', image: 's:1', volumeMounts: [{ name: 'v', mountPath: '/data' }] }],
      volumes: [{ name: 'v', ...claim }],
    };
    const container = { volumeMounts: [{ name: 'v', mountPath: '/data' }] };
    expect(await initCause({ log: 'chmod: /data/x: Permission denied', spec, container })).toBe(is('/data'));
  });

  test('one that runs and got over it is well', async () => {
    const log = 'WARN cannot write /data/cache: permission denied\nINFO serving';
    expect(await runningCause(log, { volumeMounts: [{ name: 'v', mountPath: '/data' }] })).toBe('no fault');
  });

  test('it says who runs, what lacks and what to set', async () => {
    const cluster = new TestCluster();
    const context = { securityContext: { runAsUser: 472 } };
    cluster.crash('ns', 'app', { log: "mkdir: '/data/a': Permission denied", spec: on('/data', {}, context) });
    withClaim(cluster);
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toBe(
      "The container app of Deployment ns/app may not use /data/a on claim data, mounted at /data: it runs as user 472, the volume belongs to another, and the pod sets no fsGroup that would give it to its group. It says: mkdir: '/data/a': Permission denied",
    );
    expect(verdict.remediation[0]?.action).toBe('Set securityContext.fsGroup of the pod to 472');
  });
});

describe('QUA-1: a file of a Secret that is closed, or too open', () => {
  const secret = (fields: Fields = {}) => mounting('/tls', { secret: { secretName: 'tls', ...fields } });
  const exists = (cluster: TestCluster) => {
    cluster.add('Secret', 'ns', 'tls', { data: { 'tls.key': '' } });
  };
  test.each<CrashCase>([
    [
      'closed to all but root',
      { log: 'ERROR open /tls/tls.key: permission denied', spec: secret({ defaultMode: 0o400 }) },
      is('256'),
      exists,
    ],
    [
      'Postgres wants it closed',
      { log: 'FATAL:  private key file "/tls/tls.key" has group or world access', spec: secret() },
      is('/tls/tls.key'),
      exists,
    ],
    [
      'ssh wants it closed',
      { log: "Permissions 0644 for '/tls/id_rsa' are too open.\nLoad key failed", spec: secret({ defaultMode: 420 }) },
      is('420'),
      exists,
    ],
    [
      'readable for all',
      { log: 'ERROR open /tls/tls.key: permission denied', spec: secret({ defaultMode: 0o444 }) },
      'Deployment app app_exit [1] medium',
      exists,
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});
