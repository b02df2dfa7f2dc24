import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type Crash, crashCause, mounting } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const runc =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';
const start = (message: string, more: Crash = {}): Crash => ({ exitCode: 128, reason: 'StartError', message, ...more });
const is = (mechanism: string, value: string, confidence = 'high') =>
  `Deployment app ${mechanism} [${value}] ${confidence}`;

describe('QUA-1: a container that cannot start, each class in its own words', () => {
  test.each<[string, Crash, string]>([
    [
      'the file is not there',
      start(`${runc}exec: "/app/serv": stat /app/serv: no such file or directory: unknown`),
      is('bad_command', '/app/serv'),
    ],
    [
      'no such program',
      start(`${runc}exec: "bash": executable file not found in $PATH: unknown`),
      is('bad_command', 'bash'),
    ],
    [
      'the interpreter is not there',
      { exitCode: 255, log: 'exec /app/run.sh: no such file or directory\n' },
      is('bad_command', '/app/run.sh'),
    ],
    [
      'the loader is not there',
      start(`${runc}exec /app/server: no such file or directory`),
      is('bad_command', '/app/server'),
    ],
    [
      'a shell names the interpreter',
      { exitCode: 126, log: '/bin/sh: /app/run.py: /opt/python3: bad interpreter: No such file or directory\n' },
      is('bad_command', '/opt/python3'),
    ],
    [
      'env names it',
      { exitCode: 127, log: "env: can't execute 'python3': No such file or directory\n" },
      is('bad_command', 'python3'),
    ],
    [
      'line ends of Windows',
      { exitCode: 127, log: "env: 'bash\\r': No such file or directory\n" },
      is('script_error', 'bash'),
    ],
    [
      'line ends of Windows, in a shell',
      { exitCode: 126, log: '/bin/sh: /app/run.sh: /bin/bash^M: bad interpreter: No such file or directory\n' },
      is('script_error', '/bin/bash'),
    ],
    [
      'a script that does not begin with its interpreter',
      { exitCode: 255, log: 'exec /app/run.sh: exec format error\n' },
      is('script_error', '/app/run.sh'),
    ],
    [
      'a program for another CPU',
      { exitCode: 255, log: 'exec /app/server: exec format error\n' },
      is('wrong_arch', 'registry.test/app:1.0'),
    ],
    [
      'not executable',
      start(`${runc}exec: "/app/run.sh": permission denied: unknown`),
      is('bad_command', '/app/run.sh'),
    ],
    [
      'a directory',
      start(`${runc}exec: "/app": is a directory: permission denied: unknown`),
      is('bad_command', '/app'),
    ],
    [
      'a working directory that may not be entered',
      start(`${runc}chdir to cwd ("/root") set in config.json failed: permission denied: unknown`),
      is('security_context', '/root'),
    ],
    [
      'a file over a directory',
      start(
        `${runc}error during container init: error mounting "/var/lib/kubelet/pods/1/volume-subpaths/v/app/0" to rootfs at "/etc/app": mount src=/a, dst=/etc/app: not a directory: unknown`,
        {
          spec: mounting('/etc/app', { configMap: { name: 'app' } }, { subPath: 'app.conf' }),
        },
      ),
      is('bad_config_value', '/etc/app'),
    ],
    [
      'a limit below what any process needs',
      start(`${runc}container init was OOM-killed (memory limit too low?): unknown`, {
        container: { resources: { limits: { memory: '64' } } },
      }),
      is('oom_limit', '64'),
    ],
    [
      'the kernel keys of the node',
      start(`${runc}unable to join session keyring: unable to create session key: disk quota exceeded: unknown`),
      'Node n1 node_limit [disk quota exceeded] high',
    ],
    [
      'another CPU is another rule',
      { exitCode: 255, log: 'exec /app/server: exec format error\n' },
      is('wrong_arch', 'registry.test/app:1.0'),
    ],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });

  const waiting = (message: string, spec: Fields = {}): TestCluster => {
    const cluster = new TestCluster();
    const state = { waiting: { reason: 'CreateContainerError', message } };
    cluster.deployment('ns', 'app', {
      spec: { containers: [{ name: 'app', image: 'registry.test/app:1.0' }], ...spec },
      status: { containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state }] },
    });
    cluster.node('n1');
    return cluster;
  };
  test.each<[string, string, string]>([
    [
      'no command',
      'failed to generate container "a" spec: failed to apply OCI options: no command specified',
      is('bad_command', 'registry.test/app:1.0'),
    ],
    [
      'a user that the image lacks',
      'failed to create containerd container: mount callback failed: unable to find user worker: no matching entries in passwd file',
      is('security_context', 'worker'),
    ],
  ])('%s', async (_title, message, wanted) => {
    expect(await causeOf(waiting(message), 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('a script of a ConfigMap gets the mode of its volume as a fix', async () => {
    const cluster = new TestCluster();
    const spec = mounting('/scripts', { configMap: { name: 'scripts' } });
    cluster.crash('ns', 'app', { ...start(`${runc}exec: "/scripts/run.sh": permission denied: unknown`), spec });
    cluster.node('n1');
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain('comes from configMap scripts');
    expect(verdict.remediation[0]?.action).toContain('defaultMode: 0755 on volume v');
  });
});

describe('QUA-1: a script of a ConfigMap whose interpreter is not there', () => {
  const exec: Crash = { exitCode: 255, log: 'exec /hooks/run: no such file or directory\n' };
  const spec = mounting('/hooks', { configMap: { name: 'hooks', defaultMode: 0o755 } });

  test.each<[string, string, string]>([
    ['its first line names it', '#!/usr/bin/ruby\nputs 1\n', 'ConfigMap hooks bad_command [/usr/bin/ruby] high'],
    ['its lines end as on Windows', '#!/bin/sh\r\nexit 0\r\n', 'ConfigMap hooks script_error [/bin/sh] high'],
    ['it has no such line', 'exit 0\n', 'Deployment app bad_command [/hooks/run] high'],
  ])('%s', async (_what, run, cause) => {
    const found = await crashCause({ ...exec, spec }, (cluster) =>
      cluster.add('ConfigMap', 'ns', 'hooks', { data: { run } }),
    );
    expect(found).toBe(cause);
  });
});

test('QUA-1: a message of several lines is quoted by its beginning, not by its last words', async () => {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', {
    log: 'a.b.LedgerException: Books do not balance\nAccount 77 is off by 3\nRead on: https://books.test/77\n\tat a.b.Ledger.close(Ledger.java:9)\n',
  });
  const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  expect(verdict.causes[0]?.statement).toMatch(/Account 77 is off by 3/);
  expect(verdict.causes[0]?.statement).not.toMatch(/https/);
  expect(verdict.causes[0]?.evidence[0]?.quote).toBe('Books do not balance');
});
