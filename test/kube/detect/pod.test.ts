import { describe, expect, test } from 'vitest';
import { faultId } from '../../../src/domain/fault.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { type DetectContext, signalOf } from '../../../src/kube/detect/finding.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, container, now, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);
const waiting = (reason: string, message = 'm') => container({ waiting: { reason, message } });
const pending = (statuses: object[], extra: object = {}) =>
  pod('p', { phase: 'Pending', containerStatuses: statuses, ...extra });
const scheduledFalse = (reason: string, seconds: number) =>
  pod('p', {
    phase: 'Pending',
    conditions: [
      { type: 'PodScheduled', status: 'False', reason, message: '0/3 nodes', lastTransitionTime: ago(seconds) },
    ],
  });

describe('CON-5: crash loops', () => {
  const looping = pod('api-7cbbf95f8c-p4fn2', {
    phase: 'Running',
    containerStatuses: [
      container(
        {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: 'back-off 1m20s restarting failed container=api pod=api_shop',
          },
        },
        {
          name: 'api',
          restartCount: 4,
          lastState: { terminated: { exitCode: 2, reason: 'Error', finishedAt: ago(90) } },
        },
      ),
    ],
  });

  test('in the words and with the id of the recorded push server', () => {
    const uid = '92748a2c-6df1-4e9d-9ee2-8317ee54ef0f';
    const [finding] = find({ ...looping, metadata: { ...looping.metadata, uid } });
    const signal = signalOf(finding!, { cluster: 'prod', serverCluster: 'test', source: 'sweep', now });
    expect(signal).toMatchObject({
      cluster: 'prod',
      faultId: 'b1851a24a8c5d022',
      faultType: 'CrashLoop',
      severity: 'critical',
      container: 'api',
      since: now - 90_000,
      context:
        'Container entered CrashLoopBackOff state, restart count: 4, waiting message: back-off 1m20s restarting failed container=api pod=api_shop, last exit code: 2, last reason: Error',
    });
  });

  test('each container has its own id, init containers too', () => {
    const loop = { waiting: { reason: 'CrashLoopBackOff' } };
    const subject = pod('p', {
      phase: 'Pending',
      initContainerStatuses: [container(loop, { name: 'migrate' })],
      containerStatuses: [container(loop, { name: 'a' }), container(loop, { name: 'b' })],
    });
    const signals = find(subject).map((one) =>
      signalOf(one, { cluster: 'c', serverCluster: '', source: 'sweep', now }),
    );
    expect(signals.map((one) => [one.faultType, one.container])).toEqual([
      ['InitCrash', 'migrate'],
      ['CrashLoop', 'a'],
      ['CrashLoop', 'b'],
    ]);
    expect(new Set(signals.map((one) => one.faultId)).size).toBe(3);
  });

  test('a container that has just ended badly is a PodCrash in the words of push', () => {
    const subject = pod('p', {
      phase: 'Running',
      containerStatuses: [container({ terminated: { exitCode: 2, reason: 'Error', finishedAt: ago(1) } })],
    });
    expect(find(subject)[0]).toMatchObject({
      type: 'PodCrash',
      severity: 'warning',
      context: 'Container crashed with exit code 2, reason: Error',
    });
  });
});

describe('CON-5: a crash loop that is met while it runs', () => {
  const crashed = (seconds: number, extra: object = {}) => ({
    restartCount: 4,
    state: { running: { startedAt: ago(Math.max(0, seconds - 40)) } },
    lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: ago(seconds) } },
    ...extra,
  });

  test('not ready is the loop, ready for a while is a crash that comes again', () => {
    expect(find(wellPod('p', crashed(50, { ready: false })))[0]).toMatchObject({
      type: 'CrashLoop',
      context: 'Container keeps crashing, restart count: 4, last exit code: 137, last reason: OOMKilled',
    });
    expect(types(wellPod('p', crashed(200)))).toEqual(['PodCrash']);
  });

  test('a short run, few restarts, an old crash and a good end are not', () => {
    expect(types(wellPod('p', crashed(50)))).toEqual([]);
    expect(types(wellPod('p', crashed(200, { restartCount: 2 })))).toEqual([]);
    expect(types(wellPod('p', crashed(1200)))).toEqual([]);
    const good = { lastState: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: ago(200) } } };
    expect(types(wellPod('p', crashed(200, good)))).toEqual([]);
  });
});

describe('CON-5: waiting containers', () => {
  test.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])('%s', (reason) => {
    expect(find(pending([waiting(reason, 'not found')]))[0]).toMatchObject({
      type: 'ImagePull',
      container: 'app',
      context: `Container image cannot be pulled: ${reason}, message: not found`,
    });
  });

  test.each(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'PreStartHookError'])(
    '%s',
    (reason) => expect(types(pending([waiting(reason)]))).toEqual(['ConfigError']),
  );

  test('an init container that fails, and its image', () => {
    const failed = container({ terminated: { exitCode: 1, reason: 'Error' } }, { name: 'init' });
    expect(types(pending([], { initContainerStatuses: [failed] }))).toEqual(['InitCrash']);
    expect(types(pending([], { initContainerStatuses: [waiting('ErrImagePull')] }))).toEqual(['ImagePull']);
  });

  test('a volume that cannot be mounted is told by its event', () => {
    const subject = pending([waiting('ContainerCreating')], {
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(200) }],
    });
    const events = [warning('FailedMount', subject, 'configmap "settings" not found')];
    expect(find(subject, { events })[0]).toMatchObject({
      type: 'MountFailed',
      context: 'Volume cannot be mounted: FailedMount, message: configmap "settings" not found',
    });
    expect(types(subject)).toEqual([]);
    const old = [warning('FailedMount', subject, 'x', { firstTimestamp: ago(9000), lastTimestamp: ago(8000) })];
    expect(types(subject, { events: old.map((one) => ({ ...one, metadata: { name: 'e' } })) })).toEqual([]);
  });

  test('nothing said for long is Stuck', () => {
    const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(900) }];
    expect(types(pending([waiting('ContainerCreating')], { conditions }))).toEqual(['Stuck']);
  });
});

describe('CON-5: pods without a node', () => {
  test('unschedulable, after a grace for clusters that add nodes', () => {
    expect(find(scheduledFalse('Unschedulable', 120))[0]).toMatchObject({
      type: 'Unschedulable',
      since: now - 120_000,
      context: 'Pod cannot be scheduled, reason: Unschedulable, message: 0/3 nodes',
    });
    expect(types(scheduledFalse('Unschedulable', 10))).toEqual([]);
  });

  test.each([
    ['registry.k8s.io/pause:3.10', -10, []],
    ['registry.k8s.io/pause:3.10', 0, ['Unschedulable']],
    ['registry.test/batch:1', -10, ['Unschedulable']],
  ])('C15: a pod that only holds room free may wait: image %s, priority %i', (image, priority, wanted) => {
    const waiting = { ...scheduledFalse('Unschedulable', 120), spec: { priority, containers: [{ name: 'c', image }] } };
    expect(types(waiting)).toEqual(wanted);
  });

  test('behind a gate, and without a scheduler: the API says nothing else of them', () => {
    const gated = {
      ...scheduledFalse('SchedulingGated', 900),
      spec: { schedulingGates: [{ name: 'example.com/quota' }] },
    };
    expect(find(gated)[0]).toMatchObject({
      type: 'Stuck',
      family: 'scheduling',
      context: expect.stringContaining('quota'),
    });
    expect(types({ ...gated, status: scheduledFalse('SchedulingGated', 60).status })).toEqual([]);
    const unseen = pod('p', { phase: 'Pending', qosClass: 'Burstable' }, { spec: { schedulerName: 'batch-sched' } });
    expect(find(unseen)[0]).toMatchObject({ type: 'Stuck', context: expect.stringContaining('batch-sched') });
  });
});

describe('CON-5: pods that ended', () => {
  const ended = (status: object, fields: object = {}) => pod('p', { phase: 'Failed', ...status }, { ...fields });

  test('evicted, also when the app ended well on SIGTERM', () => {
    expect(types(ended({ reason: 'Evicted', message: 'The node was low on resource: memory.' }))).toEqual(['Evicted']);
    const conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }];
    expect(types(pod('p', { phase: 'Succeeded', conditions }))).toEqual(['Evicted']);
  });

  test('failed: by its container, or by the reason of the pod', () => {
    const containerStatuses = [container({ terminated: { exitCode: 1, reason: 'Error', finishedAt: ago(60) } })];
    expect(types(ended({ containerStatuses }))).toEqual(['PodCrash']);
    expect(types(ended({ reason: 'UnexpectedAdmissionError' }))).toEqual(['PodFailed']);
  });

  test('what a controller has replaced is history after an hour; a bare pod stays', () => {
    const long = { reason: 'Evicted', startTime: ago(9000) };
    expect(types(ended(long, ownedBy('ReplicaSet', 'r', { creationTimestamp: ago(9000) })))).toEqual([]);
    expect(types(ended(long))).toEqual(['Evicted']);
  });

  test.each([
    ['a workload that is well has replaced', 3, 1, []],
    ['a workload still misses', 2, 1, ['Evicted']],
    ['a workload loses again and again', 3, 3, ['Evicted']],
  ])('a pod that %s', (_what, available, lost, wanted) => {
    const status = { reason: 'Evicted', phase: 'Failed', startTime: ago(600) };
    const fields = ownedBy('ReplicaSet', 'r', { labels: { app: 'a' }, creationTimestamp: ago(900) });
    const pods = Array.from({ length: lost }, (_, at) => pod(`p${at}`, status, fields));
    const workload = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...pods[0]!.metadata, name: 'a', ownerReferences: [] },
      spec: { replicas: 3, selector: { matchLabels: { app: 'a' } } },
      status: { availableReplicas: available, updatedReplicas: available },
    };
    expect(types(pods[0]!, { pods, workloads: [workload] })).toEqual(wanted);
  });

  test("a failed pod of a Job is the Job's to tell", () => {
    const containerStatuses = [container({ terminated: { exitCode: 1 } })];
    expect(types(ended({ containerStatuses }, ownedBy('Job', 'j')))).toEqual([]);
  });
});

describe('CON-5: what is no fault (controls of the fault catalogue)', () => {
  const restarted = {
    restartCount: 1,
    lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: ago(1800) } },
  };
  test.each<[string, KubeObject]>([
    ['a ready pod', wellPod('p')],
    ['C2: one old restart, now ready', wellPod('p', restarted)],
    [
      'a completed pod',
      pod('p', { phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0 } })] }),
    ],
    [
      'C3: a crash loop that is being deleted',
      pod(
        'p',
        { phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] },
        { metadata: { deletionTimestamp: ago(30) } },
      ),
    ],
    ['a pod that has just been made', pod('p', {}, { spec: {}, metadata: { creationTimestamp: ago(5) } })],
    [
      'containers being made',
      { ...pending([waiting('ContainerCreating')]), metadata: { name: 'p', creationTimestamp: ago(5) } },
    ],
    [
      'not ready yet, without an event',
      pod('p', { phase: 'Running', containerStatuses: [container({ running: {} })] }),
    ],
  ])('%s', (_, subject) => {
    expect(find(subject)).toEqual([]);
  });

  test('a deletion that does not end is Stuck, with its finalizers', () => {
    const metadata = { deletionTimestamp: ago(1200), finalizers: ['example.com/backup'] };
    expect(find(wellPod('p', {}, { metadata }))[0]).toMatchObject({
      type: 'Stuck',
      context: 'Pod is terminating for 20m, finalizers: example.com/backup',
    });
  });
});

test('CON-5: the id is that of the object when it has no uid', () => {
  const [finding] = find({ ...pending([waiting('ErrImagePull')]), metadata: { name: 'p', namespace: 'shop' } });
  const signal = signalOf(finding!, { cluster: 'c', serverCluster: 's', source: 'sweep', now });
  expect(signal.faultId).toBe(faultId('s', 'ImagePull', 'shop/p', 'app'));
});
