import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause, expectCleared } from './expected.ts';

const jobPod = (cluster: TestCluster, name: string, exitCode: number, finishedAt: string): void => {
  cluster.add('Pod', 'press', name, {
    metadata: {
      labels: {
        'job-name': 'reprint',
        'batch.kubernetes.io/job-name': 'reprint',
      },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name: 'reprint',
          uid: 'uid-Job-reprint',
          controller: true,
        },
      ],
    },
    spec: {
      nodeName: 'n1',
      restartPolicy: 'Never',
      containers: [{ name: 'reprint', image: 'registry.test/reprint:1' }],
    },
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [
        {
          name: 'reprint',
          ready: false,
          restartCount: 0,
          state: {
            terminated: {
              exitCode,
              reason: exitCode === 0 ? 'Completed' : 'Error',
              finishedAt,
            },
          },
        },
      ],
    },
  });
};

describe('QUA-1: what has recovered, and what only seems to have', () => {
  test('a Job whose second try did its work', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('Job', 'press', 'reprint', {
      spec: {
        backoffLimit: 4,
        template: {
          spec: {
            containers: [{ name: 'reprint', image: 'registry.test/reprint:1' }],
          },
        },
      },
      status: {
        failed: 1,
        succeeded: 1,
        startTime: '2026-01-01T10:00:00Z',
        completionTime: '2026-01-01T10:04:00Z',
        conditions: [
          {
            type: 'Complete',
            status: 'True',
            lastTransitionTime: '2026-01-01T10:04:00Z',
          },
        ],
      },
    });
    jobPod(cluster, 'reprint-a1b2c', 1, '2026-01-01T10:01:00Z');
    jobPod(cluster, 'reprint-d3e4f', 0, '2026-01-01T10:03:58Z');
    cluster.log('press', 'reprint-a1b2c', 'reprint', 'ERROR plate 4 is missing\n');
    await expectCleared(cluster, ['Job', 'press', 'reprint'], [/complete|succeeded|done/i]);
  });

  test('a node that reports again, with the events of its absence still there', async () => {
    const cluster = new TestCluster();
    cluster.node('n7', {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          lastTransitionTime: '2026-01-01T10:03:10Z',
        },
        {
          type: 'MemoryPressure',
          status: 'False',
          reason: 'KubeletHasSufficientMemory',
        },
      ],
    });
    cluster.add('Event', 'default', 'n7.gone', {
      involvedObject: { kind: 'Node', name: 'n7' },
      type: 'Normal',
      reason: 'NodeNotReady',
      message: 'Node n7 status is now: NodeNotReady',
      firstTimestamp: '2026-01-01T09:58:00Z',
      lastTimestamp: '2026-01-01T09:58:00Z',
    });
    cluster.event('Node', 'default', 'n9', 'Other', 'later');
    await expectCleared(cluster, ['Node', null, 'n7'], [/ready/i, /10:03:10/]);
  });

  test('a CronJob that somebody suspended, and nobody misses its work', async () => {
    const cluster = new TestCluster();
    cluster.add('CronJob', 'press', 'proof-sheets', {
      metadata: {
        annotations: { 'press.test/paused-because': 'stock-taking until 5 January' },
        managedFields: [
          {
            manager: 'kubectl-patch',
            operation: 'Update',
            time: '2026-01-01T08:12:00Z',
            fieldsV1: { 'f:spec': { 'f:suspend': {} } },
          },
        ],
      },
      spec: {
        schedule: '*/10 * * * *',
        suspend: true,
        jobTemplate: {
          spec: {
            template: {
              spec: {
                containers: [{ name: 'proof', image: 'registry.test/proof:1' }],
              },
            },
          },
        },
      },
      status: {
        lastScheduleTime: '2026-01-01T08:10:00Z',
        lastSuccessfulTime: '2026-01-01T08:10:20Z',
      },
    });
    await expectCleared(cluster, ['CronJob', 'press', 'proof-sheets'], [/suspend/]);
  });

  test('the reverse: another program waits for what the suspended CronJob makes', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('CronJob', 'press', 'proof-sheets', {
      spec: {
        schedule: '*/10 * * * *',
        suspend: true,
        jobTemplate: {
          spec: {
            template: {
              spec: {
                containers: [{ name: 'proof', image: 'registry.test/proof:1' }],
              },
            },
          },
        },
      },
      status: { lastScheduleTime: '2026-01-01T08:10:00Z' },
    });
    cluster.running(
      'press',
      'folder',
      [92, 102, 112, 122]
        .map((age) => `ERROR proof-sheets are stale: last update ${age}m ago, at most 15m allowed\n`)
        .join(''),
      {},
      false,
    );
    cluster.event(
      'Pod',
      'press',
      'folder-5d8f-abcde',
      'Unhealthy',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
    await expectCause(cluster, ['Deployment', 'press', 'folder'], {
      cause: 'CronJob proof-sheets cron_suspended',
      says: [/suspend/, /proof-sheets/],
    });
  });
});
