import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { condition, type Cron, cronJob, failedWith } from './cron-jobs.ts';

const about = (given: Cron): Promise<string> => causeOf(cronJob(given), 'CronJob', 'ns', 'nightly');
const now = '2026-01-01T10:05:00Z';

describe('QUA-1: a CronJob whose schedule cannot be read', () => {
  test.each<[string, Cron, string]>([
    [
      'the schedule',
      {
        spec: { schedule: '0 25 * * *' },
        events: [
          ['UnparseableSchedule', 'unparseable schedule: 0 25 * * * : end of range (25) above maximum (23): 25'],
        ],
      },
      'CronJob nightly other [0 25 * * *] high',
    ],
    [
      'the schedule, in the words of older servers',
      {
        spec: { schedule: '60 * * * *' },
        events: [
          ['UnParseableCronJobSchedule', 'unparseable schedule: 60 * * * * : end of range (60) above maximum (59): 60'],
        ],
      },
      'CronJob nightly other [60 * * * *] high',
    ],
    [
      'the time zone',
      {
        spec: { timeZone: 'Europe/Berln' },
        events: [['UnknownTimeZone', 'invalid timeZone: "Europe/Berln": unknown time zone Europe/Berln']],
      },
      'CronJob nightly other [Europe/Berln] high',
    ],
  ])('%s', async (_title, given, wanted) => expect(await about(given)).toBe(wanted));

  test.each<[string, Cron]>([
    [
      'it has been corrected since',
      {
        spec: { schedule: '0 5 * * *' },
        events: [
          ['UnparseableSchedule', 'unparseable schedule: 0 25 * * * : end of range (25) above maximum (23): 25'],
        ],
      },
    ],
    [
      'a Job was made after it',
      {
        spec: { schedule: '0 25 * * *' },
        events: [['UnparseableSchedule', 'unparseable schedule: 0 25 * * * : end of range']],
        jobs: [{ made: '2026-01-01T10:06:00Z', status: { active: 1 } }],
      },
    ],
  ])('not: %s', async (_title, given) => expect(await about(given)).not.toContain('other ['));
});

describe('QUA-1: a CronJob that misses its time', () => {
  const miss: [string, string] = [
    'MissSchedule',
    'Missed scheduled time to start a job: Thu, 01 Jan 2026 10:00:00 +0000',
  ];
  const many: [string, string] = [
    'TooManyMissedTimes',
    'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
  ];
  test.each<[string, Cron, string]>([
    [
      'its window is shorter than a look of the controller',
      { spec: { startingDeadlineSeconds: 5 }, events: [miss] },
      '[5] high',
    ],
    ['the controller came too late', { spec: { startingDeadlineSeconds: 60 }, events: [miss] }, '[60] medium'],
    ['too many were missed', { events: [many] }, '[null] medium'],
  ])('%s', async (_title, given, wanted) => {
    expect(await about(given)).toBe(`CronJob nightly other ${wanted}`);
  });
  test.each<[string, Cron]>([
    [
      'a Job was made since',
      {
        spec: { startingDeadlineSeconds: 5 },
        events: [miss],
        jobs: [{ made: '2026-01-01T10:06:00Z', status: { active: 1 } }],
      },
    ],
    ['it has no window', { events: [miss] }],
  ])('not: %s', async (_title, given) => expect(await about(given)).not.toContain('other ['));
});

describe('QUA-1: a CronJob that replaces its Jobs', () => {
  const deleted = (id: number): [string, string] => ['SuccessfulDelete', `Deleted job nightly-${id}`];
  const spec = { concurrencyPolicy: 'Replace', schedule: '*/5 * * * *' };
  const jobs = [{ made: now, status: { active: 1 } }];
  test('none comes to its end', async () => {
    expect(await about({ spec, jobs, events: [deleted(1), deleted(2)] })).toBe(
      'CronJob nightly cron_blocked [Replace] medium',
    );
  });
  test.each<[string, Cron]>([
    [
      'one was complete',
      {
        spec,
        jobs,
        events: [deleted(1), ['SawCompletedJob', 'Saw completed job: nightly-2, condition: Complete'], deleted(3)],
      },
    ],
    [
      'old ones are removed by the history limit',
      { spec: { concurrencyPolicy: 'Forbid' }, jobs, events: [deleted(1), deleted(2)] },
    ],
  ])('not: %s', async (_title, given) => expect(await about(given)).not.toContain('Replace'));
});

describe('QUA-1: a CronJob whose Job is not let in', () => {
  const refused: [string, string] = [
    'FailedCreate',
    'Error creating job: jobs.batch "nightly-29" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1',
  ];
  const old = { made: '2026-01-01T08:00:00Z', status: condition('Complete'), pods: [{ state: failedWith(0) }] };
  const withQuota = (given: Cron): Promise<string> => {
    const cluster = cronJob(given);
    const values = { 'count/jobs.batch': '1' };
    cluster.add('ResourceQuota', 'ns', 'jobs', { spec: { hard: values }, status: { hard: values, used: values } });
    return causeOf(cluster, 'CronJob', 'ns', 'nightly');
  };
  test('the quota for Jobs is used up, by one that has ended too', async () => {
    expect(await withQuota({ events: [refused], jobs: [old] })).toBe(
      'ResourceQuota jobs quota_exceeded [count/jobs.batch] high',
    );
  });
  test('not: a later one was let in', async () => {
    expect(await withQuota({ events: [refused], jobs: [{ ...old, made: '2026-01-01T10:06:00Z' }] })).toBe('no fault');
  });
});

describe('QUA-1: a CronJob that waits for a Job which has not started', () => {
  test('what keeps its pod from starting is the cause', async () => {
    const waiting = {
      waiting: {
        reason: 'ImagePullBackOff',
        message:
          'Back-off pulling image "registry.test/work:1.0": failed to resolve reference "registry.test/work:1.0": registry.test/work:1.0: not found',
      },
    };
    expect(
      await about({
        spec: { concurrencyPolicy: 'Forbid' },
        events: [
          ['JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid'],
        ],
        jobs: [
          {
            made: '2026-01-01T08:00:00Z',
            status: { active: 1 },
            pods: [{ state: waiting, status: { phase: 'Pending' } }],
          },
        ],
      }),
    ).toBe('CronJob nightly image_not_found [registry.test/work:1.0] high');
  });
});

describe('QUA-1: a CronJob that is well', () => {
  test('its Jobs are removed when they have ended', async () => {
    const status = { lastScheduleTime: '2026-01-01T09:00:00Z', lastSuccessfulTime: '2026-01-01T09:00:40Z' };
    const { verdict } = await answerAbout(cronJob({ status }), 'CronJob', 'ns', 'nightly');
    expect(verdict).toMatchObject({ is_fault: false, causes: [] });
    expect(verdict.summary).toContain('succeeded at 2026-01-01T09:00:40Z');
  });
  test('not: its last one did not succeed', async () => {
    const status = { lastScheduleTime: '2026-01-01T09:00:00Z', lastSuccessfulTime: '2025-12-31T09:00:40Z' };
    expect(await about({ status })).toBe('no cause');
  });
});
