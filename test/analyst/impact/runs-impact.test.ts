import { expect, test } from 'vitest';
import type { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';
import { made, owned } from './made-cluster.ts';
import { wordsOn } from './words-on.ts';

type Fields = Record<string, unknown>;

/** A run that began at `at`; `ended`: when it succeeded or failed, else at once. */
function run(cluster: TestCluster, name: string, at: string, how: 'Complete' | 'Failed' | null, ended = at): void {
  cluster.add('Job', 'ns', name, {
    metadata: { ...owned('CronJob', 'nightly'), creationTimestamp: at },
    spec: {},
    status: {
      startTime: at,
      ...(how === null
        ? { active: 1 }
        : { conditions: [{ type: how, status: 'True', reason: 'x', lastTransitionTime: ended }] }),
      ...(how === 'Complete' ? { succeeded: 1, completionTime: ended } : {}),
    },
  });
}

const cron = (cluster: TestCluster, spec: Fields = {}): unknown =>
  cluster.add('CronJob', 'ns', 'nightly', { spec: { schedule: '0 * * * *', jobTemplate: {}, ...spec }, status: {} });

test.each<[string, readonly [string, string | null, string], TestCluster, string]>([
  [
    'runs that fail',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it, { failedJobsHistoryLimit: 3 });
      run(it, 'n-1', '2026-01-01T07:00:00Z', 'Complete');
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Failed');
      run(it, 'n-3', '2026-01-01T09:00:00Z', 'Failed');
      run(it, 'n-4', '2026-01-01T10:00:00Z', null);
    }),
    'The last 2 runs of CronJob ns/nightly failed, the first began 2026-01-01 08:00:00 UTC; the last one that succeeded ended 2026-01-01 07:00:00 UTC, AGO before this was read; a run is going on.',
  ],
  [
    'a failure that is older than a success whose Job is gone',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it);
      amend(it, 'CronJob', 'nightly', { status: { lastSuccessfulTime: '2026-01-01T09:30:00Z' } });
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Failed');
    }),
    'The last run of CronJob ns/nightly succeeded 2026-01-01 09:30:00 UTC, AGO before this was read.',
  ],
  [
    'as many failures as are kept',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it, { failedJobsHistoryLimit: 2 });
      run(it, 'n-1', '2026-01-01T07:00:00Z', 'Complete');
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Failed');
      run(it, 'n-3', '2026-01-01T09:00:00Z', 'Failed');
    }),
    'At least the last 2 runs of CronJob ns/nightly failed; the last one that succeeded ended 2026-01-01 07:00:00 UTC, AGO before this was read.',
  ],
  [
    'failures a while after the success',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it, { failedJobsHistoryLimit: 9 });
      run(it, 'n-1', '2026-01-01T02:00:00Z', 'Complete');
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Failed');
      run(it, 'n-3', '2026-01-01T09:00:00Z', 'Failed');
    }),
    'At least the last 2 runs of CronJob ns/nightly failed; the last one that succeeded ended 2026-01-01 02:00:00 UTC, AGO before this was read.',
  ],
  [
    'runs that are deleted some time after their end',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it, { failedJobsHistoryLimit: 9, jobTemplate: { spec: { ttlSecondsAfterFinished: 3600 } } });
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Failed');
      run(it, 'n-3', '2026-01-01T09:00:00Z', 'Failed');
    }),
    'At least the last 2 runs of CronJob ns/nightly failed; none is known to have succeeded.',
  ],
  [
    'a first run that failed and all after it',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it, { failedJobsHistoryLimit: 9 });
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Failed');
      run(it, 'n-3', '2026-01-01T09:00:00Z', 'Failed');
    }),
    'The last 2 runs of CronJob ns/nightly failed, the first began 2026-01-01 08:00:00 UTC; none is known to have succeeded.',
  ],
  [
    'a run that was scheduled after the success and is not kept',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it, { failedJobsHistoryLimit: 0 });
      const status = { lastScheduleTime: '2026-01-01T10:00:00Z', lastSuccessfulTime: '2026-01-01T01:00:00Z' };
      amend(it, 'CronJob', 'nightly', { status });
    }),
    'The last run of CronJob ns/nightly that is known to have succeeded ended 2026-01-01 01:00:00 UTC, AGO before this was read; how the run of 2026-01-01 10:00:00 UTC ended is not kept.',
  ],
  [
    'a run that goes on after the success',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it);
      const status = { lastScheduleTime: '2026-01-01T10:00:00Z', lastSuccessfulTime: '2026-01-01T09:01:00Z' };
      amend(it, 'CronJob', 'nightly', { status });
      run(it, 'n-4', '2026-01-01T10:00:00Z', null);
    }),
    'The last run of CronJob ns/nightly that is known to have succeeded ended 2026-01-01 09:01:00 UTC, AGO before this was read; a run is going on.',
  ],
  [
    'a run that succeeded by its own schedule',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it);
      const status = { lastScheduleTime: '2026-01-01T10:00:00Z', lastSuccessfulTime: '2026-01-01T10:01:00Z' };
      amend(it, 'CronJob', 'nightly', { status });
    }),
    'The last run of CronJob ns/nightly succeeded 2026-01-01 10:01:00 UTC, AGO before this was read.',
  ],
  [
    'a run that began before the success and failed after it',
    ['CronJob', 'ns', 'nightly'],
    made((it) => {
      cron(it);
      run(it, 'n-1', '2026-01-01T07:00:00Z', 'Failed', '2026-01-01T09:00:00Z');
      run(it, 'n-2', '2026-01-01T08:00:00Z', 'Complete', '2026-01-01T08:05:00Z');
    }),
    'The last run of CronJob ns/nightly failed; the last one that succeeded ended 2026-01-01 08:05:00 UTC, AGO before this was read.',
  ],
  [
    'a work queue, which names no completions',
    ['Job', 'ns', 'queue'],
    made((it) =>
      it.add('Job', 'ns', 'queue', {
        spec: { parallelism: 5 },
        status: { succeeded: 5, conditions: [{ type: 'Complete', status: 'True' }] },
      }),
    ),
    'Job ns/queue is complete: 5 pods of it succeeded.',
  ],
  [
    'a CronJob that is suspended and never ran',
    ['CronJob', 'ns', 'nightly'],
    made((it) => cron(it, { suspend: true })),
    'No run of CronJob ns/nightly is known to have ended; it is suspended, so no run starts.',
  ],
  [
    'a Job',
    ['Job', 'ns', 'once'],
    made((it) =>
      it.add('Job', 'ns', 'once', {
        spec: { completions: 4 },
        status: {
          succeeded: 1,
          failed: 3,
          conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }],
        },
      }),
    ),
    'Job ns/once failed: 1 of 4 completions; 3 pods of it failed.',
  ],
])('QUA-4: how runs went: %s', async (_what, object, cluster, wanted) => {
  // The evidence is read by the clock of the machine.
  expect(
    (await wordsOn(cluster, ...object)).replace(/, \S[^,;.]* before this was read/, ', AGO before this was read'),
  ).toBe(wanted);
});
