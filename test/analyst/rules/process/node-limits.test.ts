import { describe, expect, test } from 'vitest';
import { answerAbout } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause, mounting, runningCause } from '../crash-cause.ts';

const node = (value: string, confidence = 'high') => `Node n1 node_limit [${value}] ${confidence}`;
/** Another program on the same node. */
const beside = (log: string) => (cluster: TestCluster) => cluster.crash('ns', 'other', { log });

describe('QUA-1: a limit of the kernel that is used up', () => {
  test.each<CrashCase>([
    [
      '.NET, with the number',
      {
        log: 'Unhandled exception. System.IO.IOException: The configured user limit (128) on the number of inotify instances has been reached.\n   at A.B.C()',
      },
      node('128'),
    ],
    [
      'Node',
      {
        log: "Error: ENOSPC: System limit for number of file watchers reached, watch '/app'\n    at FSWatcher (node:fs:1)",
      },
      node("ENOSPC: System limit for number of file watchers reached, watch '/app'"),
    ],
    [
      'no space, and yet no disk',
      { log: 'ERROR inotify_add_watch: no space left on device', spec: mounting('/data', { emptyDir: {} }) },
      node('inotify_add_watch: no space left on device'),
    ],
    [
      'Java, memory maps',
      {
        log: 'ERROR bootstrap check failure [1] of [1]: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
      },
      node('65530'),
    ],
    [
      'the whole system',
      { log: 'ERROR open /etc/hosts: too many open files in system' },
      node('open /etc/hosts: too many open files in system'),
    ],
    [
      'plain words, and two programs of the node say it',
      { log: 'panic: failed to start: too many open files\n\ngoroutine 1 [running]:\nmain.main()' },
      node('1024'),
      beside('ERROR accept: too many open files (limit 1024)'),
    ],
    [
      'threads, and two programs of the node say it',
      { log: 'sh: 1: Cannot fork' },
      node('sh: 1: Cannot fork'),
      beside('java.lang.OutOfMemoryError: unable to create native thread\n\tat a.B.c(B.java:1)'),
    ],
    // A lead: it may be the program's own.
    [
      'one program alone',
      { log: 'ERROR accept: too many open files' },
      'Deployment app node_limit [accept: too many open files] medium',
    ],
    [
      'threads of one program',
      { log: "RuntimeError: can't start new thread" },
      "Deployment app node_limit [RuntimeError: can't start new thread] medium",
    ],
    // Another mechanism.
    [
      'a warning before an end for another reason',
      { log: 'WARN inotify limit reached, falling back to polling\nERROR license: wrong columns' },
      'Deployment app app_exit [1] medium',
    ],
    [
      'the neighbour has another trouble',
      { log: 'ERROR wrong columns' },
      'Deployment app app_exit [1] medium',
      beside('ERROR accept: too many open files'),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('one that runs, and says so once, is well', async () => {
    expect(await runningCause('WARN no watcher: too many open files\nINFO serving')).toBe('no fault');
  });

  test('it names the node, the limit and everybody who meets it', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log: 'ERROR inotify: limit (128) reached' });
    cluster.crash('ns', 'other', { log: 'panic: watch: too many open files\n\ngoroutine 1 [running]:' });
    cluster.node('n1');
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toMatch(
      /^Node n1 has no inotify instances left \(fs\.inotify\.max_user_instances, limit 128\), so Deployment ns\/app, Deployment ns\/other cannot work there: /,
    );
    expect(verdict.victims.map(({ name }) => name).sort()).toEqual(['app', 'other']);
  });
});

describe('QUA-1: a limit of the kernel that is set too low', () => {
  test.each<[string, string, RegExp]>([
    [
      'memory maps, with what is asked for',
      'ERROR max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
      /^Node n1 allows too few memory map areas: vm\.max_map_count is set too low \(65530, at least 262144 is asked for\), so /,
    ],
    [
      'open files of one program',
      'ERROR max file descriptors [4096] for the process is too low, increase to at least [65535]',
      /^The container app .* allows too few open files: nofile is set too low \(.*at least 65535 is asked for\), so /,
    ],
  ])('%s', async (_what, log, wanted) => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log });
    cluster.node('n1');
    const { verdict, markdown } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toMatch(wanted);
    expect(verdict.remediation[0]?.action).toMatch(/^Raise /);
    expect(markdown).not.toMatch(/is used up|who uses so many/);
  });
});

describe('QUA-1: a CPU feature that the node lacks', () => {
  const image = { container: { image: 'r.test/db:5.0' } };
  const is = (confidence: string) => `Deployment app cpu_feature [r.test/db:5.0] ${confidence}`;
  test.each<CrashCase>([
    [
      'a database',
      {
        exitCode: 132,
        log: 'WARNING: Db 5.0+ requires a CPU with AVX support, and your current system does not appear to have that!\n  see https://docs.test/avx',
        ...image,
      },
      is('high'),
    ],
    ['glibc', { log: 'Fatal glibc error: CPU does not support x86-64-v2', ...image }, is('high')],
    [
      'a library',
      { exitCode: 134, log: 'FATAL AVX2 instructions are required and not available', ...image },
      is('high'),
    ],
    ['only the signal: a lead', { exitCode: 132, ...image }, is('medium')],
    ['only the word: a lead', { exitCode: 1, log: 'Illegal instruction (core dumped)', ...image }, is('medium')],
    // Another mechanism.
    [
      'another architecture',
      { log: 'exec /app: exec format error', ...image },
      'Deployment app wrong_arch [r.test/db:5.0] high',
    ],
    [
      'it says only what it found',
      { exitCode: 3, log: 'ERROR no tables (CPU with AVX2)', ...image },
      'Deployment app app_exit [3] medium',
    ],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });
});
