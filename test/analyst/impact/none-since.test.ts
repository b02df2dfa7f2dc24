import { expect, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { wordsOn } from './words-on.ts';

/** A pod that is not ready: when it was taken up by its node, when its condition changed, and how often it was restarted. */
interface NotReady {
  readonly began: string;
  readonly changed: string;
  readonly restarts?: number;
}

/** A StatefulSet that wants `replicas` pods and has these. */
function notReady(replicas: number, ...pods: readonly NotReady[]): TestCluster {
  const cluster = new TestCluster();
  cluster.add('StatefulSet', 'ns', 'app', {
    spec: { replicas, template: { spec: {} } },
    status: { replicas, readyReplicas: 0 },
  });
  for (const [at, { began, changed, restarts = 0 }] of pods.entries()) {
    const controller = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'app', uid: 'u', controller: true };
    cluster.add('Pod', 'ns', `app-${at}`, {
      metadata: { ownerReferences: [controller], creationTimestamp: day('05:00') },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
      status: {
        phase: 'Running',
        startTime: day(began),
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: day(changed) }],
        containerStatuses: [{ name: 'app', ready: false, restartCount: restarts, state: { running: {} } }],
      },
    });
  }
  return cluster;
}

const day = (time: string): string => `2026-01-01T${time}:00Z`;

test.each<[string, TestCluster, string | null]>([
  ['a pod that was ready', notReady(1, { began: '05:00', changed: '06:00' }), '06:00'],
  [
    'the last of those that were ready',
    notReady(2, { began: '05:00', changed: '06:00' }, { began: '05:00', changed: '06:30' }),
    '06:30',
  ],
  [
    'a pod that was ready, beside one more than is wanted that never was',
    notReady(1, { began: '05:00', changed: '06:00' }, { began: '07:00', changed: '07:00' }),
    '06:00',
  ],
  [
    'a pod that never was ready, in the place of a deleted one',
    notReady(1, { began: '10:00', changed: '10:00' }),
    null,
  ],
  [
    'a pod that never was ready, in the place of one of two',
    notReady(2, { began: '05:00', changed: '06:00' }, { began: '10:00', changed: '10:00' }),
    null,
  ],
  ['a pod that was restarted', notReady(1, { began: '05:00', changed: '06:00', restarts: 1 }), null],
])('QUA-4: since when no pod is ready: %s', async (_what, cluster, since) => {
  const words = await wordsOn(cluster, 'StatefulSet', 'ns', 'app');
  expect(/ since (?<time>\S+ \S+) UTC/.exec(words)?.groups?.['time'] ?? null).toBe(since && `2026-01-01 ${since}:00`);
});
