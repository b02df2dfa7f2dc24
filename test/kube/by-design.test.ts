import { describe, expect, test } from 'vitest';
import { detect } from '../../src/kube/detect/detect.ts';
import { wasTakenAway } from '../../src/kube/by-design.ts';
import { scaleUpUnderWay } from '../../src/kube/detect/scale-up.ts';
import { ago, now, object, ownedBy, pod, warning } from '../support/kube-objects.ts';

const waiting = pod('p', {
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: ago(300) }],
});
const said = (reason: string, seconds: number) =>
  warning(reason, waiting, 'pod triggered scale-up: [{burst 1->2 (max: 10)}]', {
    type: 'Normal',
    lastTimestamp: ago(seconds),
    firstTimestamp: ago(seconds),
    metadata: { creationTimestamp: ago(seconds) },
  });
const types = (...events: ReturnType<typeof said>[]) => detect(waiting, { now, events }).map(({ type }) => type);

describe('INT-9: a pod for which a node is on its way', () => {
  test('is no fault while its autoscaler brings one', () => {
    expect(types()).toEqual(['Unschedulable']);
    expect(types(said('TriggeredScaleUp', 60))).toEqual([]);
    expect(types(said('Nominated', 60))).toEqual([]);
  });

  test('is one when the node does not come, or the autoscaler brings none', () => {
    expect(types(said('TriggeredScaleUp', 1200))).toEqual(['Unschedulable']);
    expect(types(said('NotTriggerScaleUp', 60))).toEqual(['Unschedulable']);
    expect(types(said('TriggeredScaleUp', 120), said('NotTriggerScaleUp', 60))).toEqual(['Unschedulable']);
    expect(scaleUpUnderWay([said('NotTriggerScaleUp', 120), said('TriggeredScaleUp', 60)], now)).toBe(true);
  });
});

describe('INT-9: nodes that are worked on', () => {
  const node = (unschedulable: boolean, seconds: number) =>
    object('Node', 'n', {
      spec: { unschedulable },
      status: { conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: ago(seconds) }] },
    });

  test.each([
    ['cordoned, away for a moment', node(true, 60), []],
    ['cordoned, away for long', node(true, 3600), ['NodeUnhealthy']],
    ['in use', node(false, 60), ['NodeUnhealthy']],
  ])('%s', (_name, subject, wanted) => {
    expect(detect(subject, { now }).map(({ type }) => type)).toEqual(wanted);
  });
});

describe('INT-9: pods that were taken away', () => {
  const drained = { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] };
  const shutDown = { reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' };

  test.each([
    ['by a drain', drained, true],
    ['by a node that shut down in good order', shutDown, true],
    ['by an older one', { reason: 'NodeShutdown', message: 'Node is in progress of shutting down' }, true],
    ['by itself', { reason: 'DeadlineExceeded', message: 'Pod was active too long' }, false],
  ])('%s', (_name, status, wanted) => {
    const ended = pod('p', { phase: 'Failed', ...status });
    expect(wasTakenAway(ended)).toBe(wanted);
  });

  test('are for their controller to replace; a bare one is lost', () => {
    const ended = pod('p', { phase: 'Failed', startTime: ago(60), ...shutDown }, ownedBy('ReplicaSet', 'web-1'));
    expect(detect(ended, { now })).toEqual([]);
    expect(detect(pod('p', { phase: 'Failed', startTime: ago(60), ...shutDown }), { now })).toMatchObject([
      { type: 'PodFailed' },
    ]);
  });
});

describe('INT-9: probes that fail during a rollout', () => {
  const starting = (seconds: number, readySince = seconds) =>
    pod(
      'web-1',
      {
        phase: 'Running',
        startTime: ago(seconds),
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(readySince) }],
      },
      { metadata: { labels: { app: 'web' } } },
    );
  const deployment = object('Deployment', 'web', {
    spec: { progressDeadlineSeconds: 300, selector: { matchLabels: { app: 'web' } } },
  });
  const told = (subject: ReturnType<typeof starting>, workloads = [deployment]) =>
    detect(warning('Unhealthy', subject, 'Readiness probe failed'), { now, involved: subject, workloads }).length;

  test('say nothing within its deadline, on a pod that was never ready', () => {
    expect([told(starting(200)), told(starting(400)), told(starting(400), []), told(starting(900), [])]).toEqual([
      0, 1, 0, 1,
    ]);
    expect(told(starting(200, 60))).toBe(1);
  });
});
