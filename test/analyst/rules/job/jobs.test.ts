import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
const owned = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'batch/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
});
const template = {
  template: {
    spec: {
      containers: [
        { name: 'main', image: 'm:1' },
        { name: 'proxy', image: 'p:1' },
      ],
    },
  },
};
const is = (type: string, reason = '', message = '') => ({ type, status: 'True', reason, message });

function job(spec: Fields, status: Fields, states: Fields[] = []): TestCluster {
  const cluster = new TestCluster();
  cluster.add('Job', 'ns', 'work', { spec: { ...template, ...spec }, status });
  if (states.length > 0)
    cluster.add('Pod', 'ns', 'work-1', {
      metadata: owned('Job', 'work'),
      spec: { nodeName: 'n1', ...template.template.spec },
      status: {
        phase: 'Running',
        containerStatuses: states.map((state, at) => ({
          name: ['main', 'proxy'][at],
          ready: false,
          restartCount: 0,
          state,
        })),
      },
    });
  return cluster;
}
const done = { terminated: { exitCode: 0, reason: 'Completed' } };
const failed = { terminated: { exitCode: 1, reason: 'Error' } };
const runs = { running: { startedAt: '2026-01-01T10:00:00Z' } };
const late = is('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline');
const often = is('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');

describe('QUA-1: a Job that fails', () => {
  test.each<[string, TestCluster, string]>([
    ['its deadline', job({ activeDeadlineSeconds: 60 }, { conditions: [late] }), 'Job work job_deadline [60] high'],
    [
      'its deadline, while it is being ended',
      job({ activeDeadlineSeconds: 60 }, { conditions: [{ ...late, type: 'FailureTarget' }] }),
      'Job work job_deadline [60] high',
    ],
    [
      'its back-off limit, and nothing says why',
      job({ backoffLimit: 2 }, { conditions: [often] }),
      'Job work job_backoff [2] medium',
    ],
    [
      'its pod says why: the deeper cause',
      job({ backoffLimit: 2 }, { conditions: [often] }, [{ terminated: { exitCode: 3, reason: 'Error' } }]),
      'Job work app_exit [3] low',
    ],
    [
      'the condition is False',
      job({ activeDeadlineSeconds: 60 }, { conditions: [{ ...late, status: 'False' }] }),
      'no cause',
    ],
    [
      'it is complete after failures',
      job({ backoffLimit: 2 }, { failed: 2, conditions: [is('Complete')] }),
      'no fault',
    ],
    ['it was complete before a container failed', job({}, { conditions: [is('Complete')] }, [failed]), 'no fault'],
  ])('%s', async (_title, cluster, wanted) => {
    expect(await causeOf(cluster, 'Job', 'ns', 'work')).toBe(wanted);
  });
});

describe('QUA-1: a sidecar that keeps a Job from being complete', () => {
  test.each<[string, TestCluster, string]>([
    ['the main container is done', job({}, { active: 1 }, [done, runs]), 'Job work sidecar_blocks [proxy] high'],
    ['the other way round', job({}, { active: 1 }, [runs, done]), 'Job work sidecar_blocks [main] high'],
    ['both run', job({}, { active: 1 }, [runs, runs]), 'no cause'],
    ['both are done', job({}, { active: 1 }, [done, done]), 'no cause'],
    ['the main container failed', job({}, { active: 1 }, [failed, runs]), 'Job work app_exit [1] low'],
    ['the Job is complete all the same', job({}, { conditions: [is('Complete')] }, [done, runs]), 'no fault'],
  ])('%s', async (_title, cluster, wanted) => {
    expect(await causeOf(cluster, 'Job', 'ns', 'work')).toBe(wanted);
  });
});

/** A CronJob with the Jobs that it made, and a workload that may wait for its work. */
function cron(spec: Fields, jobs: Fields[] = [], event = ''): TestCluster {
  const cluster = new TestCluster();
  cluster.add('CronJob', 'ns', 'nightly', {
    spec: { schedule: '0 * * * *', jobTemplate: { spec: template }, ...spec },
    status: { lastScheduleTime: '2026-01-01T08:00:00Z' },
  });
  for (const [at, status] of jobs.entries())
    cluster.add('Job', 'ns', `nightly-${at}`, { metadata: owned('CronJob', 'nightly'), spec: template, status });
  if (event !== '')
    cluster.event(
      'CronJob',
      'ns',
      'nightly',
      event,
      event === 'JobAlreadyActive'
        ? 'Not starting job because prior execution is running and concurrency policy is Forbid'
        : event,
    );
  return cluster;
}
const suspended = 'CronJob nightly cron_suspended [suspend] high';
const blocked = (confidence: string) => `CronJob nightly cron_blocked [Forbid] ${confidence}`;
const active = (startTime: string) => ({ active: 1, startTime });
const long = active('2026-01-01T08:00:00Z');
const forbid = { concurrencyPolicy: 'Forbid' };

describe('QUA-1: a CronJob that makes no Job', () => {
  test.each<[string, TestCluster, string]>([
    ['it is suspended', cron({ suspend: true }), suspended],
    ['it is suspended, its last Job was well', cron({ suspend: true }, [{ conditions: [is('Complete')] }]), suspended],
    ['it is not', cron({ suspend: false }, [{ conditions: [is('Complete')] }]), 'no fault'],
    ['one still runs, and the controller says so', cron(forbid, [long], 'JobAlreadyActive'), blocked('high')],
    [
      'the controller says so, the Job is young',
      cron(forbid, [active('2026-01-01T10:04:00Z')], 'JobAlreadyActive'),
      blocked('high'),
    ],
    ['the Job is done since', cron(forbid, [{ conditions: [is('Complete')] }], 'JobAlreadyActive'), 'no fault'],
    ['Allow: they run side by side', cron({ concurrencyPolicy: 'Allow' }, [long], 'JobAlreadyActive'), 'no cause'],
    ['Replace: the old one is ended', cron({ concurrencyPolicy: 'Replace' }, [long]), 'no cause'],
  ])('%s', async (_title, cluster, wanted) => {
    expect(await causeOf(cluster, 'CronJob', 'ns', 'nightly')).toBe(wanted);
  });

  test.each([
    ['for long: a lead', '2026-01-01T09:00:00Z', blocked('medium')],
    ['for a few minutes: nothing', '2026-01-01T10:00:00Z', 'no cause'],
  ])('without a word of the controller a Job runs %s', async (_title, startTime, wanted) => {
    const cluster = cron(forbid, [active(startTime)]);
    cluster.event('Pod', 'ns', 'other', 'Pulled', 'an event, for the time');
    expect(await causeOf(cluster, 'CronJob', 'ns', 'nightly')).toBe(wanted);
  });

  test.each([
    ['its data is too old', 'ERROR snapshot is stale, last refresh 2026-01-01\n', suspended],
    ['its data is not the trouble', 'ERROR wrong columns\n', 'Deployment app app_exit [1] medium'],
  ])('who waits for its work: %s', async (_title, log, wanted) => {
    const cluster = cron({ suspend: true });
    cluster.crash('ns', 'app', { log });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('one of another namespace is not missed', async () => {
    const cluster = new TestCluster();
    cluster.add('CronJob', 'other', 'nightly', {
      spec: { schedule: '0 * * * *', suspend: true, jobTemplate: { spec: template } },
    });
    cluster.crash('ns', 'app', { log: 'ERROR snapshot is stale' });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Deployment app app_exit [1] medium');
  });
});
