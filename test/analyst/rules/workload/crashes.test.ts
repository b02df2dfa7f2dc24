import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type Crash, type CrashCase, crashCause, initCause, runningCause } from '../crash-cause.ts';

const limits = (memory: string) => ({ resources: { limits: { memory } } });
const oom: Crash = { exitCode: 137, reason: 'OOMKilled' };
const start = (message: string, reason = 'StartError'): Crash => ({ exitCode: 128, reason, message });
const runc =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';

describe('QUA-1: a container that was OOMKilled', () => {
  test.each<CrashCase>([
    ['at its limit', { ...oom, container: limits('64Mi') }, 'Deployment app oom_limit [64Mi] high'],
    ['a limit in plain bytes', { ...oom, container: limits('134217728') }, 'Deployment app oom_limit [134217728] high'],
    [
      'of a log that speaks of something else',
      { ...oom, container: limits('1Gi'), log: 'ERROR cache: miss rate high' },
      'Deployment app oom_limit [1Gi] high',
    ],
    [
      'a JVM that says so itself before',
      { ...oom, container: limits('512Mi'), log: 'java.lang.OutOfMemoryError: Java heap space' },
      'Deployment app oom_limit [512Mi] high',
    ],
    ['without a limit: a lead only', oom, 'Deployment app memory_pressure [null] medium'],
    [
      'only a CPU limit',
      { ...oom, container: { resources: { limits: { cpu: '1' } } } },
      'Deployment app memory_pressure [null] medium',
    ],
    // What looks like it.
    [
      '137 of another signal',
      { exitCode: 137, container: limits('64Mi'), log: 'working' },
      'Deployment app app_exit [137] low',
    ],
    [
      '143, ended by SIGTERM',
      { exitCode: 143, container: limits('64Mi'), log: 'INFO shutting down' },
      'Deployment app app_exit [143] low',
    ],
    [
      'a heap of the program that is too small',
      {
        exitCode: 134,
        container: limits('1Gi'),
        log: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      },
      'Deployment app heap_limit [1Gi] medium',
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('an init container at its own limit, not at that of the application', async () => {
    const spec = { containers: [{ name: 'app', image: 'a:1', ...limits('2Gi') }] };
    expect(await initCause({ ...oom, container: limits('16Mi'), spec })).toBe('Deployment app oom_limit [16Mi] high');
  });

  test('the limit of the container that was killed, when its neighbour has another', async () => {
    const spec = {
      containers: [
        { name: 'side', image: 's:1', ...limits('8Mi') },
        { name: 'app', image: 'a:1', ...limits('64Mi') },
      ],
    };
    expect(await crashCause({ ...oom, spec })).toBe('Deployment app oom_limit [64Mi] high');
  });

  test('each of several replicas is one cause', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { ...oom, container: limits('64Mi') });
    for (const pod of cluster.objects.filter((it) => it.kind === 'Pod'))
      for (const name of ['app-5d8f-two', 'app-5d8f-three'])
        cluster.objects.push({ ...pod, metadata: { ...pod.metadata, name, uid: name } });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes.map((it) => it.mechanism)).toEqual(['oom_limit']);
  });

  test('the remedy sets the limit of that container', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { ...oom, container: limits('64Mi') });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.remediation[0]?.command).toBe(
      'kubectl --context c1 -n ns set resources deployment/app -c app --limits=memory=<new limit>',
    );
  });

  test('a bare pod is its own workload, and has no such command', async () => {
    const cluster = new TestCluster();
    const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
    cluster.add('Pod', 'ns', 'one', {
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'a:1', ...limits('8Mi') }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'c', ready: false, restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState },
        ],
      },
    });
    expect(await causeOf(cluster, 'Pod', 'ns', 'one')).toBe('Pod one oom_limit [8Mi] high');
    const { verdict } = await answerAbout(cluster, 'Pod', 'ns', 'one');
    expect(verdict.remediation[0]?.command ?? null).toBeNull();
  });

  test('got over: it was killed once and is ready since', async () => {
    const cluster = new TestCluster();
    const lastState = {
      terminated: {
        exitCode: 137,
        reason: 'OOMKilled',
        startedAt: '2026-01-01T08:00:00Z',
        finishedAt: '2026-01-01T08:10:00Z',
      },
    };
    const running = { startedAt: '2026-01-01T08:10:05Z' };
    cluster.deployment('ns', 'app', {
      ready: true,
      spec: { containers: [{ name: 'app', image: 'a:1', ...limits('64Mi') }] },
      status: { containerStatuses: [{ name: 'app', ready: true, restartCount: 1, state: { running }, lastState }] },
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('no fault');
  });
});

describe('QUA-1: a command that does not exist', () => {
  test.each<CrashCase>([
    [
      'containerd: not in $PATH',
      start(`${runc}exec: "serv": executable file not found in $PATH`),
      'Deployment app bad_command [serv] high',
    ],
    [
      'containerd: stat',
      start(`${runc}exec: "/bin/strt": stat /bin/strt: no such file or directory`),
      'Deployment app bad_command [/bin/strt] high',
    ],
    [
      'containerd: not executable',
      start(`${runc}exec: "/app/run.sh": permission denied`),
      'Deployment app bad_command [/app/run.sh] high',
    ],
    [
      'docker: ContainerCannotRun',
      start(
        'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "srv": executable file not found in $PATH: unknown',
        'ContainerCannotRun',
      ),
      'Deployment app bad_command [srv] high',
    ],
    [
      'cri-o: a directory',
      start(
        'container create failed: starting container process caused: exec: "/srv": stat /srv: no such file or directory',
        'ContainerCannotRun',
      ),
      'Deployment app bad_command [/srv] high',
    ],
    ['sh of busybox', { exitCode: 127, log: 'sh: migrte: not found' }, 'Deployment app bad_command [migrte] high'],
    [
      'dash, with a number of the line',
      { exitCode: 127, log: '/bin/sh: 1: gunicrn: not found' },
      'Deployment app bad_command [gunicrn] high',
    ],
    [
      'bash, with a word and a number',
      { exitCode: 127, log: 'bash: line 3: nod: command not found' },
      'Deployment app bad_command [nod] high',
    ],
    [
      'an entrypoint script',
      { exitCode: 127, log: '/entrypoint.sh: line 12: envsubst: command not found' },
      'Deployment app bad_command [envsubst] high',
    ],
    [
      'Python: the file of the arguments',
      {
        exitCode: 2,
        log: "python: can't open file '/app/mian.py': [Errno 2] No such file or directory",
        container: { command: ['python', '/app/mian.py'] },
      },
      'Deployment app bad_command [/app/mian.py] high',
    ],
    [
      'Python: the module of the arguments',
      { log: '/usr/local/bin/python: No module named shop.wrker', container: { args: ['-m', 'shop.wrker'] } },
      'Deployment app bad_command [shop.wrker] high',
    ],
    [
      'Node: the module of the command',
      {
        log: "node:internal/modules/cjs/loader:1078\n  throw err;\n  ^\n\nError: Cannot find module '/app/sever.js'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1075:15)",
        container: { command: ['node', '/app/sever.js'] },
      },
      'Deployment app bad_command [/app/sever.js] high',
    ],
    [
      'Java: the main class',
      {
        log: 'Error: Could not find or load main class com.acme.Mian',
        container: { command: ['java', 'com.acme.Mian'] },
      },
      'Deployment app bad_command [com.acme.Mian] high',
    ],
    // What looks like it.
    [
      'Python lacks a library',
      {
        log: 'Traceback (most recent call last):\n  File "/app/main.py", line 1, in <module>\n    import numpy\nModuleNotFoundError: No module named \'numpy\'',
        container: { command: ['python', '/app/main.py'] },
      },
      'Deployment app app_exit [ModuleNotFoundError] medium',
    ],
    [
      'Node lacks a package',
      {
        log: "Error: Cannot find module 'express'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1075:15)",
        container: { command: ['node', '/app/server.js'] },
      },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a tool that the script can do without',
      { exitCode: 1, log: 'sh: jq: not found\nERROR giving up on batch 7', container: { command: ['/run.sh'] } },
      'Deployment app app_exit [1] medium',
    ],
    ['127 without a name', { exitCode: 127, log: 'bye' }, 'Deployment app app_exit [127] low'],
    [
      'a user that is not found',
      { exitCode: 1, log: 'ERROR user 42: not found' },
      'Deployment app app_exit [1] medium',
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('RunContainerError tells it in its waiting message, before there is an end', async () => {
    const cluster = new TestCluster();
    const waiting = {
      reason: 'RunContainerError',
      message: `${runc}exec: "wurker": executable file not found in $PATH: unknown`,
    };
    cluster.deployment('ns', 'app', {
      status: { containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: { waiting } }] },
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Deployment app bad_command [wurker] high');
  });

  test('an init container', async () => {
    expect(await initCause({ exitCode: 127, log: 'sh: psqll: not found' })).toBe(
      'Deployment app bad_command [psqll] high',
    );
  });

  test('a container that runs and logs it is well', async () => {
    expect(await runningCause('sh: jq: not found\nINFO serving')).toBe('no fault');
  });
});

describe('QUA-1: an image for another CPU', () => {
  const wanted = 'Deployment app wrong_arch [registry.test/app:1.0] high';
  test.each<CrashCase>([
    ['in the log', { log: 'exec /app/server: exec format error' }, wanted],
    ['an old docker', { log: 'standard_init_linux.go:228: exec user process caused: exec format error' }, wanted],
    ['in the end of the container', start(`${runc}exec /app/server: exec format error`), wanted],
    ['before the name of the command', start(`${runc}exec: "/app/server": exec format error`), wanted],
    [
      'of a shell',
      { exitCode: 126, log: '/entrypoint.sh: line 4: /app/server: cannot execute binary file: Exec format error' },
      wanted,
    ],
    ['no format of a program', { log: 'ERROR invalid date format in batch 12' }, 'Deployment app app_exit [1] medium'],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });

  test('a running container that speaks of it', async () => {
    expect(await runningCause('WARN plugin x: exec format error\nINFO serving')).toBe('no fault');
  });
});
