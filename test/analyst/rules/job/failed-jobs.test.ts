import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { condition, type Cron, cronJob, failedWith, overLimit, running } from './cron-jobs.ts';

const about = (given: Cron): Promise<string> => causeOf(cronJob(given), 'CronJob', 'ns', 'nightly');
const statement = async (given: Cron): Promise<string> =>
  (await answerAbout(cronJob(given), 'CronJob', 'ns', 'nightly')).verdict.causes[0]?.statement ?? '';
const log = 'panic: environment variable LEDGER_DSN is not set';
const failedJob = (made: string, withLog = true) => ({
  made,
  status: { failed: 3, ...overLimit },
  pods: withLog ? [{ state: failedWith(1), log }] : [],
});
const complete = (made: string, completionTime: string) => ({
  made,
  status: { completionTime, ...condition('Complete') },
});

describe('QUA-1: a CronJob that fails again and again', () => {
  const before = [
    failedJob('2026-01-01T09:00:00Z'),
    failedJob('2026-01-01T08:00:00Z'),
    complete('2026-01-01T07:00:00Z', '2026-01-01T07:01:00Z'),
  ];
  test.each<[string, Cron, string]>([
    ['its last Jobs failed', { jobs: before }, 'CronJob nightly missing_env [LEDGER_DSN] high'],
    [
      'the next one has begun and is not there yet',
      {
        jobs: [
          {
            made: '2026-01-01T10:00:00Z',
            status: { active: 1 },
            pods: [{ state: running, status: { phase: 'Running' } }],
          },
          ...before,
        ],
      },
      'CronJob nightly missing_env [LEDGER_DSN] high',
    ],
    [
      'a later one was well',
      { jobs: [complete('2026-01-01T10:00:00Z', '2026-01-01T10:01:00Z'), ...before] },
      'no fault',
    ],
    [
      'a later one runs, those before were well',
      {
        jobs: [
          {
            made: '2026-01-01T10:00:00Z',
            status: { active: 1 },
            pods: [{ state: running, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }],
          },
          complete('2026-01-01T09:00:00Z', '2026-01-01T09:01:00Z'),
          failedJob('2026-01-01T08:00:00Z'),
        ],
      },
      'no fault',
    ],
  ])('%s', async (_title, given, wanted) => expect(await about(given)).toBe(wanted));

  test('the report tells since when, and when it was well for the last time', async () => {
    const { markdown } = await answerAbout(cronJob({ jobs: before }), 'CronJob', 'ns', 'nightly');
    expect(markdown).toContain(
      'its last 2 Jobs failed, the first at 2026-01-01T08:00:00Z; it last succeeded at 2026-01-01T07:01:00Z',
    );
  });

  test('its pods are gone: what is left is told, and how to see the next one', async () => {
    const given = {
      jobs: [
        { ...failedJob('2026-01-01T09:00:00Z', false), spec: { template: { spec: { restartPolicy: 'OnFailure' } } } },
      ],
    };
    expect(await about(given)).toBe('CronJob nightly job_backoff [2] medium');
    expect(await statement(given)).toContain(
      'they were deleted with their logs at the limit (restartPolicy OnFailure)',
    );
    const { verdict } = await answerAbout(cronJob(given), 'CronJob', 'ns', 'nightly');
    expect(verdict.remediation.map(({ command }) => command).join('\n')).toContain('--from=cronjob/nightly');
  });
});

describe('QUA-1: why a Job was given up', () => {
  test.each<[string, Cron, string, string]>([
    [
      'an exit code that its policy takes as final',
      {
        jobs: [
          {
            made: '2026-01-01T09:00:00Z',
            status: condition(
              'Failed',
              'PodFailurePolicy',
              'Container main for pod ns/nightly-9-0 failed with exit code 42 matching FailJob rule at index 1',
            ),
            spec: { podFailurePolicy: { rules: [{ action: 'Ignore' }, { action: 'FailJob' }] } },
          },
        ],
      },
      'CronJob nightly job_backoff [42] medium',
      'failed at once, without another try: exit code 42',
    ],
    [
      'a disruption that its policy takes as final',
      {
        jobs: [
          {
            made: '2026-01-01T09:00:00Z',
            status: condition(
              'Failed',
              'PodFailurePolicy',
              'Pod ns/nightly-9-0 has condition DisruptionTarget matching FailJob rule at index 0',
            ),
            spec: { podFailurePolicy: { rules: [{ action: 'FailJob' }] } },
          },
        ],
      },
      'CronJob nightly other [DisruptionTarget] medium',
      'condition DisruptionTarget of a pod fits rule 0',
    ],
    [
      'some of its indexes',
      {
        jobs: [
          {
            made: '2026-01-01T09:00:00Z',
            status: {
              failedIndexes: '2,5',
              completedIndexes: '0,1,3,4',
              ...condition('Failed', 'FailedIndexes', 'Job has failed indexes'),
            },
            spec: { backoffLimitPerIndex: 1 },
          },
        ],
      },
      'CronJob nightly job_backoff [2,5] medium',
      'Index 2,5 of Job nightly-9 failed more than backoffLimitPerIndex (1) allows, while 0,1,3,4 are complete',
    ],
    [
      'its deadline; the run before was just in time',
      {
        jobs: [
          {
            made: '2026-01-01T09:00:00Z',
            status: condition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline'),
            spec: { activeDeadlineSeconds: 60 },
          },
          complete('2026-01-01T08:00:00Z', '2026-01-01T08:00:55Z'),
        ],
      },
      'CronJob nightly job_deadline [60] high',
      'the last one that was complete took 55 s',
    ],
    [
      'the deadline of its pods',
      {
        jobs: [
          {
            made: '2026-01-01T09:00:00Z',
            status: overLimit,
            pods: [
              {
                state: { terminated: { exitCode: 137, reason: 'Error' } },
                spec: { activeDeadlineSeconds: 30 },
                status: {
                  reason: 'DeadlineExceeded',
                  message: 'Pod was active on the node longer than the specified deadline',
                },
              },
            ],
          },
        ],
      },
      'CronJob nightly job_deadline [30] high',
      'every retry begins anew',
    ],
  ])('%s', async (_title, given, wanted, words) => {
    expect(await about(given)).toBe(wanted);
    expect(await statement(given)).toContain(words);
  });

  test('a pod that could not start was not slow', async () => {
    const cluster = cronJob({
      jobs: [
        {
          made: '2026-01-01T09:00:00Z',
          status: condition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline'),
          spec: { activeDeadlineSeconds: 60 },
        },
      ],
    });
    cluster.event(
      'Pod',
      'ns',
      'nightly-9-xyz12',
      'FailedScheduling',
      '0/3 nodes are available: 3 Insufficient memory.',
    );
    const { verdict } = await answerAbout(cluster, 'CronJob', 'ns', 'nightly');
    expect(verdict.causes[0]).toMatchObject({ mechanism: 'job_deadline', confidence: 'medium' });
    expect(verdict.causes[0]?.statement).toContain('FailedScheduling: 0/3 nodes are available');
  });
});
