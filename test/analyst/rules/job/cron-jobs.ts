import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;

export interface CronRun {
  readonly made: string;
  readonly status: Fields;
  readonly spec?: Fields;
  /** The states of the container `main` of its pods; each with what it says. */
  readonly pods?: readonly {
    readonly state: Fields;
    readonly log?: string;
    readonly status?: Fields;
    readonly spec?: Fields;
  }[];
}

export interface Cron {
  readonly spec?: Fields;
  readonly status?: Fields;
  /** Reason and message. */
  readonly events?: readonly (readonly [string, string])[];
  /** The newest first. */
  readonly jobs?: readonly CronRun[];
}

const owned = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'batch/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
});

/** A CronJob `nightly` of namespace `ns` with its events, Jobs (`nightly-9`, `nightly-8`, …) and their pods. */
export function cronJob({
  spec = {},
  status = { lastScheduleTime: '2026-01-01T08:00:00Z' },
  events = [],
  jobs = [],
}: Cron): TestCluster {
  const cluster = new TestCluster();
  const pod = { containers: [{ name: 'main', image: 'registry.test/work:1.0' }], restartPolicy: 'Never' };
  const template = { backoffLimit: 2, template: { spec: pod } };
  cluster.node('n1');
  cluster.add('CronJob', 'ns', 'nightly', {
    spec: { schedule: '0 * * * *', jobTemplate: { spec: template }, ...spec },
    status,
  });
  for (const [at, job] of jobs.entries()) {
    const name = `nightly-${9 - at}`;
    cluster.add('Job', 'ns', name, {
      metadata: { ...owned('CronJob', 'nightly'), creationTimestamp: job.made },
      spec: { ...template, ...job.spec },
      status: { startTime: job.made, ...job.status },
    });
    for (const [number, made] of (job.pods ?? []).entries()) {
      cluster.add('Pod', 'ns', `${name}-${number}`, {
        metadata: { ...owned('Job', name), creationTimestamp: job.made },
        spec: { nodeName: 'n1', ...pod, ...made.spec },
        status: {
          phase: 'Failed',
          containerStatuses: [{ name: 'main', ready: false, restartCount: 0, state: made.state }],
          ...made.status,
        },
      });
      if (made.log !== undefined) cluster.log('ns', `${name}-${number}`, 'main', made.log);
    }
  }
  for (const [reason, message] of events) cluster.event('CronJob', 'ns', 'nightly', reason, message);
  return cluster;
}

export const failedWith = (exitCode: number): Fields => ({
  terminated: { exitCode, reason: 'Error', finishedAt: '2026-01-01T10:01:00Z' },
});
export const running: Fields = { running: { startedAt: '2026-01-01T10:04:00Z' } };
export const condition = (type: string, reason = '', message = '') => ({
  conditions: [{ type, status: 'True', reason, message }],
});
export const overLimit = condition('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
