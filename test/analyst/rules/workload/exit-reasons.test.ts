import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause, mounting, runningCause } from '../crash-cause.ts';

const full = 'No space left on device';
const claim = { persistentVolumeClaim: { claimName: 'data' } };
const withClaim = (cluster: TestCluster) => {
  cluster.add('PersistentVolumeClaim', 'ns', 'data', {
    spec: { resources: { requests: { storage: '5Gi' } } },
    status: { phase: 'Bound' },
  });
};
const none = `Deployment app disk_full [${full}] medium`;

describe('QUA-1: a volume that is full', () => {
  test.each<CrashCase>([
    [
      'Postgres on its claim',
      { log: `PANIC:  could not write to file "/data/pg_wal/xlogtemp.42": ${full}`, spec: mounting('/data', claim) },
      'PersistentVolumeClaim data disk_full [5Gi] high',
      withClaim,
    ],
    [
      'Go',
      { log: '2026/01/01 10:00:00 write /data/seg-1: no space left on device', spec: mounting('/data', claim) },
      'PersistentVolumeClaim data disk_full [5Gi] high',
      withClaim,
    ],
    [
      'Node on an emptyDir',
      {
        log: `Error: ENOSPC: no space left on device, write '/cache/a.tmp'\n    at writeSync (node:fs:921:3)`,
        spec: mounting('/cache', { emptyDir: { sizeLimit: '1Gi' } }),
      },
      'Deployment app disk_full [1Gi] high',
    ],
    [
      'an emptyDir without a limit',
      { log: `write /cache/x: ${full}`, spec: mounting('/cache', { emptyDir: {} }) },
      'Deployment app disk_full [/cache] high',
    ],
    [
      'Java, no path, one bounded volume',
      {
        log: `java.io.IOException: ${full}\n\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)`,
        spec: mounting('/work', { emptyDir: { sizeLimit: '64Mi' } }),
      },
      'Deployment app disk_full [64Mi] high',
    ],
    [
      'a quota of the file system',
      { log: 'ERROR write /data/x failed: Disk quota exceeded', spec: mounting('/data', claim) },
      'PersistentVolumeClaim data disk_full [5Gi] high',
      withClaim,
    ],
    // What is bounded cannot be said.
    ['no volume', { log: `OSError: [Errno 28] ${full}` }, none],
    [
      'only a ConfigMap is mounted',
      { log: `OSError: [Errno 28] ${full}`, spec: mounting('/etc/app', { configMap: { name: 'conf' } }) },
      none,
    ],
    [
      'two bounded volumes and no path',
      {
        log: `OSError: [Errno 28] ${full}`,
        spec: {
          containers: [
            {
              name: 'app',
              image: 'a:1',
              volumeMounts: [
                { name: 'a', mountPath: '/a' },
                { name: 'b', mountPath: '/b' },
              ],
            },
          ],
          volumes: [
            { name: 'a', emptyDir: {} },
            { name: 'b', emptyDir: {} },
          ],
        },
      },
      none,
    ],
    [
      'a path that only begins like the mount',
      { log: `write /data2/x: ${full}`, spec: { ...mounting('/data', { hostPath: { path: '/data' } }) } },
      none,
    ],
    // What looks like it.
    [
      'a check of the disk',
      { log: 'INFO disk check: 97% used, no action\nERROR worker 3 ended' },
      'Deployment app app_exit [1] medium',
    ],
    [
      'got over before another end',
      {
        log: `WARN write /cache/x: ${full}, will retry\nERROR environment variable API_KEY is not set`,
        spec: mounting('/cache', { emptyDir: {} }),
      },
      'Deployment app missing_env [API_KEY] high',
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('the innermost mount that is written to, of several', async () => {
    const volumeMounts = [
      { name: 'outer', mountPath: '/var' },
      { name: 'inner', mountPath: '/var/cache' },
    ];
    const volumes = [
      { name: 'outer', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'inner', emptyDir: { sizeLimit: '16Mi' } },
    ];
    const spec = { containers: [{ name: 'app', image: 'a:1', volumeMounts }], volumes };
    expect(await crashCause({ log: `write /var/cache/x: ${full}`, spec })).toBe('Deployment app disk_full [16Mi] high');
  });

  test('a container that runs on and keeps failing', async () => {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', `ERROR write /x: ${full}\n`.repeat(5), {}, false);
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(none);
  });

  test('once, in a container that is well', async () => {
    expect(await runningCause(`ERROR write /x: ${full}\n${'INFO saved\n'.repeat(30)}`)).toBe('no fault');
  });
});

describe('QUA-1: /dev/shm', () => {
  const wanted = 'Deployment app shm_exhausted [/dev/shm] high';
  test.each<CrashCase>([
    [
      'Postgres, which does not name the place',
      { log: `ERROR:  could not resize shared memory segment "/PostgreSQL.1804289383" to 8388608 bytes: ${full}` },
      'Deployment app shm_exhausted [null] medium',
    ],
    ['Python', { log: `OSError: [Errno 28] ${full}: '/dev/shm/pym-812-kq'` }, wanted],
    ['in the line before', { log: `ERROR writing to /dev/shm/ring failed\nOSError: [Errno 28] ${full}` }, wanted],
    [
      '/dev/shm is used, another thing fails',
      { log: 'INFO ring in /dev/shm/ring\nERROR environment variable TOKEN_URL is not set' },
      'Deployment app missing_env [TOKEN_URL] high',
    ],
  ])('%s', async (_title, crash, expected) => {
    expect(await crashCause(crash)).toBe(expected);
  });
});

const ports = (...pairs: [string, number?][]) => ({
  containers: pairs.map(([name, port]) => ({
    name,
    image: 'a:1',
    ...(port === undefined ? {} : { ports: [{ containerPort: port }] }),
  })),
});

describe('QUA-1: a port that is taken', () => {
  test.each<CrashCase>([
    [
      'Node',
      {
        log: 'Error: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle (node:net:1463:16)',
        spec: ports(['app', 3000], ['side', 3000]),
      },
      'Deployment app port_conflict [3000] high',
    ],
    [
      'Go',
      {
        log: '2026/01/01 10:00:00 listen tcp :8080: bind: address already in use',
        spec: ports(['app', 8080], ['side', 8080]),
      },
      'Deployment app port_conflict [8080] high',
    ],
    [
      'nginx',
      {
        log: '2026/01/01 10:00:00 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address in use)',
        spec: ports(['app', 80], ['side', 80]),
      },
      'Deployment app port_conflict [80] high',
    ],
    [
      'Java, no number: the port that both declare',
      {
        log: 'java.net.BindException: Address already in use\n\tat java.base/sun.nio.ch.Net.bind0(Native Method)',
        spec: ports(['app', 9000], ['side', 9000]),
      },
      'Deployment app port_conflict [9000] high',
    ],
    [
      'nobody else in the pod: a lead only',
      { log: 'listen tcp :8080: bind: address already in use' },
      'Deployment app port_conflict [8080] medium',
    ],
    [
      'on the network of the node',
      { log: 'listen tcp :9100: bind: address already in use', spec: { ...ports(['app', 9100]), hostNetwork: true } },
      'Deployment app host_port [9100] medium',
    ],
    ['no number at all', { log: 'FATAL Address already in use' }, 'Deployment app port_conflict [null] medium'],
    // What looks like it.
    [
      'a right that is lacking',
      {
        log: '2026/01/01 10:00:00 [emerg] 1#1: bind() to 0.0.0.0:80 failed (13: Permission denied)',
        container: { securityContext: { runAsUser: 101 } },
      },
      'Deployment app security_context [runAsUser] high',
    ],
    [
      "an address that is not the pod's",
      { log: 'FATAL listen tcp 10.9.9.9:8080: bind: cannot assign requested address' },
      'Deployment app app_exit [1] medium',
    ],
    ['a name that is taken', { log: 'FATAL user name already in use' }, 'Deployment app app_exit [1] medium'],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });

  test('an init container holds no port when the others start', async () => {
    const spec = {
      ...ports(['app', 8080]),
      initContainers: [{ name: 'setup', image: 'a:1', ports: [{ containerPort: 8080 }] }],
    };
    expect(await crashCause({ log: 'listen tcp :8080: bind: address already in use', spec })).toBe(
      'Deployment app port_conflict [8080] medium',
    );
  });

  test('a container that found another port is well', async () => {
    expect(await runningCause('WARN port 8080: address already in use\nINFO listening on :8081')).toBe('no fault');
  });
});

const hook = (when: string, action: Record<string, unknown>) => ({ lifecycle: { [when]: action } });
const exec = (command: string[]) => ({ exec: { command } });
const hookEvent =
  (reason: string, message: string, namespace = 'ns', name = 'app-5d8f-abcde') =>
  (cluster: TestCluster) => {
    cluster.event('Pod', namespace, name, reason, message);
  };
const ended = { exitCode: 0, reason: 'Completed', log: 'ready' };
const plain = 'Deployment app app_exit [0] medium';

describe('QUA-1: a lifecycle hook that fails', () => {
  test.each<CrashCase>([
    [
      'postStart, the short message',
      { ...ended, container: hook('postStart', exec(['/hooks/warm.sh'])) },
      'Deployment app hook_failed [/hooks/warm.sh] high',
      hookEvent('FailedPostStartHook', 'PostStartHook failed'),
    ],
    [
      'postStart, the long message',
      { ...ended, container: hook('postStart', exec(['sh', '-c', 'cp /a /b'])) },
      'Deployment app hook_failed [cp /a /b] high',
      hookEvent(
        'FailedPostStartHook',
        'Exec lifecycle hook ([sh -c cp /a /b]) for Container "app" in Pod "app-5d8f-abcde_ns(1)" failed - error: command \'sh -c cp /a /b\' exited with 1',
      ),
    ],
    [
      'postStart over HTTP',
      { ...ended, container: hook('postStart', { httpGet: { path: '/warm', port: 80 } }) },
      'Deployment app hook_failed [/warm] high',
      hookEvent('FailedPostStartHook', 'PostStartHook failed'),
    ],
    [
      'preStop',
      { ...ended, exitCode: 137, reason: 'Error', container: hook('preStop', exec(['/drain'])) },
      'Deployment app hook_failed [/drain] high',
      hookEvent('FailedPreStopHook', 'PreStopHook failed'),
    ],
    // What looks like it.
    [
      'the hook works',
      { ...ended, container: hook('postStart', exec(['/hooks/warm.sh'])) },
      plain,
      hookEvent('Started', 'postStart hook done'),
    ],
    ['no event', { ...ended, container: hook('postStart', exec(['/hooks/warm.sh'])) }, plain],
    [
      'a pod of that name in another namespace',
      { ...ended, container: hook('postStart', exec(['/hooks/warm.sh'])) },
      plain,
      hookEvent('FailedPostStartHook', 'PostStartHook failed', 'other'),
    ],
    [
      'a pod of another workload',
      { ...ended, container: hook('postStart', exec(['/hooks/warm.sh'])) },
      plain,
      hookEvent('FailedPostStartHook', 'PostStartHook failed', 'ns', 'app-canary-1'),
    ],
    [
      'the hook is that of another container',
      {
        ...ended,
        spec: {
          containers: [
            { name: 'app', image: 'a:1' },
            { name: 'side', image: 's:1', ...hook('postStart', exec(['/x'])) },
          ],
        },
      },
      plain,
      hookEvent('FailedPostStartHook', 'PostStartHook failed'),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});
