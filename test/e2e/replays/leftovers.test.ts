import { expect, test } from 'vitest';
import { object, ownedBy, pod } from '../../support/kube-objects.ts';
import { Replay } from '../../support/replay.ts';

const minute = 60_000;

/** Pods that were evicted two days ago and lie there, of ReplicaSets that are scaled down or well. */
function leftovers(now: number, count: number) {
  const ago = (ms: number): string => new Date(now - ms).toISOString();
  const old = ago(2 * 86_400_000);
  return Array.from({ length: count }, (_, index) => {
    const app = `app${index % 45}`;
    return pod(
      `${app}-6d4cf56db6-${index}`,
      {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: ephemeral-storage.',
        startTime: old,
        conditions: [
          { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', lastTransitionTime: old },
        ],
      },
      ownedBy('ReplicaSet', `${app}-6d4cf56db6`, { labels: { app }, creationTimestamp: old }),
    );
  });
}

test('INT-5, INT-9: 2,000 Evicted leftovers tell nobody, at first contact and later, and hide no new crash', async () => {
  const replay = await Replay.start();
  const old = leftovers(replay.clock.now(), 2000);
  replay.show(old);
  for (let sweep = 0; sweep < 5; sweep += 1) await replay.pass(minute);
  expect(await replay.row()).toEqual({ incidents: 0, channelPosts: 0, outcomes: {}, open: 0 });

  const started = new Date(replay.clock.now()).toISOString();
  const crashing = pod('pay-1', {
    phase: 'Running',
    startTime: started,
    containerStatuses: [
      {
        name: 'app',
        ready: false,
        restartCount: 5,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: started } },
      },
    ],
  });
  replay.show([...old, crashing, object('Namespace', 'shop')]);
  await replay.pass(minute);
  expect(await replay.row()).toEqual({ incidents: 1, channelPosts: 1, outcomes: { opened: 1 }, open: 0 });
}, 120_000);
