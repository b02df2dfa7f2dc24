import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { type Crash, type CrashCase, crashCause, initCause, runningCause } from '../crash-cause.ts';

const trace =
  'Traceback (most recent call last):\n  File "/app/main.py", line 9, in <module>\n    run()\nTypeError: unsupported operand';
/** An older revision of the Deployment with another image. */
const before =
  (image: string, readyReplicas = 1, container = 'app') =>
  (cluster: TestCluster) => {
    cluster.add('ReplicaSet', 'ns', 'app-old', {
      metadata: {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app', uid: 'uid-Deployment-app', controller: true },
        ],
        annotations: { 'deployment.kubernetes.io/revision': '0' },
      },
      spec: { replicas: 1, template: { spec: { containers: [{ name: container, image }] } } },
      status: { replicas: 1, readyReplicas },
    });
  };
const bad = (confidence: string) => `Deployment app bad_image_release [1.0] ${confidence}`;
const old = before('registry.test/app:0.9');
const exit = 'Deployment app app_exit [1] medium';

describe('QUA-1: a release that crashes', () => {
  test.each<CrashCase>([
    ['beside the ready revision', { log: trace }, bad('high'), old],
    [
      'Node',
      {
        log: 'TypeError: Cannot read properties of undefined\n    at run (/srv/app.js:9:3)\n    at main (/srv/app.js:2:1)',
      },
      bad('high'),
      old,
    ],
    [
      'Go',
      {
        log: 'panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x1d',
      },
      bad('high'),
      old,
    ],
    ['nothing of the old one is left: a lead', { log: trace }, bad('medium'), before('registry.test/app:0.9', 0)],
    ['no stack trace: a lead', { log: 'ERROR giving up' }, bad('medium'), old],
    ['no log: a lead', {}, bad('medium'), old],
    ['another registry', { log: trace }, bad('high'), before('mirror.test/app:0.8')],
    // What looks like it.
    [
      'the same image before: a change of the configuration',
      { log: 'ERROR giving up' },
      exit,
      before('registry.test/app:1.0'),
    ],
    [
      'only another container had another image',
      { log: 'ERROR giving up' },
      exit,
      before('registry.test/side:0.9', 1, 'side'),
    ],
    ['no revision before', { log: 'ERROR giving up' }, exit],
    ['a call that fails', { log: 'ERROR GET http://api.test/: connection refused' }, exit, old],
    [
      'out of memory',
      { exitCode: 137, reason: 'OOMKilled', container: { resources: { limits: { memory: '8Mi' } } } },
      'Deployment app oom_limit [8Mi] high',
      old,
    ],
    [
      'a variable that is missing is surer',
      { log: 'ERROR environment variable API_KEY is not set' },
      'Deployment app missing_env [API_KEY] high',
      old,
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('of a StatefulSet: a ready pod has another image', async () => {
    const cluster = new TestCluster();
    const owner = [
      { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'uid-StatefulSet-db', controller: true },
    ];
    const pod = (name: string, image: string, status: Record<string, unknown>, ready: string) =>
      cluster.add('Pod', 'ns', name, {
        metadata: { ownerReferences: owner },
        spec: { nodeName: 'n1', containers: [{ name: 'db', image }] },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: ready }],
          containerStatuses: [{ name: 'db', ...status }],
        },
      });
    cluster.add('StatefulSet', 'ns', 'db', {
      spec: { replicas: 2, template: { spec: { containers: [{ name: 'db', image: 'r.test/db:2' }] } } },
      status: { replicas: 2, readyReplicas: 1 },
    });
    pod(
      'db-0',
      'r.test/db:1',
      { ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T09:00:00Z' } } },
      'True',
    );
    pod(
      'db-1',
      'r.test/db:2',
      {
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      },
      'False',
    );
    cluster.log('ns', 'db-1', 'db', trace, true);
    expect(await causeOf(cluster, 'StatefulSet', 'ns', 'db')).toBe('StatefulSet db bad_image_release [2] high');
    const { verdict } = await answerAbout(cluster, 'StatefulSet', 'ns', 'db');
    expect(verdict.remediation[0]?.command).toBe('kubectl --context c1 -n ns rollout undo statefulset/db');
  });
});

describe('QUA-1: an init container that fails', () => {
  test.each<[string, Crash, string]>([
    ['with a stack trace', { log: trace }, 'Deployment app init_failed [setup] medium'],
    ['with an error', { log: 'ERROR migration 7 failed: column exists' }, 'Deployment app init_failed [setup] medium'],
    ['with a line that says nothing', { exitCode: 3, log: 'step two' }, 'Deployment app init_failed [setup] medium'],
    ['without a log', { exitCode: 3 }, 'Deployment app init_failed [setup] medium'],
    // Where more is known it says more.
    ['for a variable', { log: 'sh: 1: DB_HOST: parameter not set' }, 'Deployment app missing_env [DB_HOST] high'],
    ['for memory', { exitCode: 137, reason: 'OOMKilled' }, 'Deployment app memory_pressure [null] medium'],
  ])('%s', async (_title, crash, wanted) => {
    expect(await initCause(crash)).toBe(wanted);
  });

  test('one that is done is not blamed for the application', async () => {
    const initContainers = [{ name: 'setup', image: 'i:1' }];
    const spec = { initContainers, containers: [{ name: 'app', image: 'a:1' }] };
    const log = (cluster: TestCluster) => {
      cluster.log('ns', 'app-5d8f-abcde', 'setup', 'ERROR first try failed\ndone');
    };
    expect(await crashCause({ spec, log: 'ERROR giving up' }, log)).toBe(exit);
  });
});

const ends = (args: string[], log: string): Crash => ({ exitCode: 0, reason: 'Completed', log, container: { args } });

describe('QUA-1: a program that ends by itself', () => {
  test.each<CrashCase>([
    ['a known argument', ends(['serve', '--run-once'], 'bye'), 'Deployment app app_exit [--run-once] high'],
    [
      'an argument that the log repeats',
      ends(['--drain=true'], 'drain finished'),
      'Deployment app app_exit [--drain=true] high',
    ],
    [
      'a known argument in the command',
      { exitCode: 0, reason: 'Completed', container: { command: ['tool', '--version'] } },
      'Deployment app app_exit [--version] high',
    ],
    ['no such argument', ends(['serve', '--port=80'], 'bye'), 'Deployment app app_exit [0] medium'],
    ['a word that only contains it', ends(['--onceover'], 'bye'), 'Deployment app app_exit [0] medium'],
    [
      'what it worked on',
      { exitCode: 3, log: 'INFO applying 0042_add_index\nERROR the column exists' },
      'Deployment app app_exit [0042_add_index] medium',
    ],
    [
      'a file, the last one',
      { log: 'INFO importing a/first.csv\nINFO importing a/second.csv\nERROR wrong columns' },
      'Deployment app app_exit [a/second.csv] medium',
    ],
    [
      'what comes after the reason does not count',
      { log: `INFO importing a.csv\n${trace}\nINFO importing b.csv` },
      'Deployment app app_exit [a.csv] medium',
    ],
    ['a bare number is no subject', { log: 'INFO processing batch 12\nERROR wrong columns' }, exit],
    ['the last line alone is not sure', { exitCode: 9, log: 'one\ntwo' }, 'Deployment app app_exit [9] low'],
    ['no log', { exitCode: 9 }, 'Deployment app app_exit [9] low'],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('one that has not ended is none', async () => {
    expect(await runningCause('INFO importing a.csv', { args: ['--once'] })).toBe('no fault');
  });
});

describe('QUA-1: what the program said about its end', () => {
  const told = async (log: string | undefined) => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', log === undefined ? {} : { log });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    return verdict.causes[0]?.statement;
  };

  test('a log that could not be read is not said to say nothing', async () => {
    expect(await told(undefined)).toContain('no line of its log could be read, so why is not shown');
    expect(await told('   \n')).not.toContain('could be read, so');
  });
});
