import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { type DetectContext, findingId } from '../../../src/kube/detect/finding.ts';
import { isHealthy } from '../../../src/kube/health.ts';
import { ago, now, object, ownedBy, pod, warning } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);
const condition = (type: string, status: string, reason: string, message = '') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(300),
});

describe('CON-5: deployments', () => {
  const deployment = (conditions: object[], spec: object = { replicas: 2 }) =>
    object('Deployment', 'cart', { apiVersion: 'apps/v1', spec, status: { conditions } });
  const stalled = condition(
    'Progressing',
    'False',
    'ProgressDeadlineExceeded',
    'ReplicaSet "cart-6dbb584856" has timed out progressing.',
  );

  test('a rollout that does not end, as push has it', () => {
    const subject = deployment([stalled]);
    const [finding] = find({
      ...subject,
      metadata: { ...subject.metadata, uid: '4374bd0b-e4d5-4b6e-8889-ad9986e0b87a' },
    });
    expect(finding).toMatchObject({
      severity: 'critical',
      context:
        'Deployment rollout failed: ProgressDeadlineExceeded, message: ReplicaSet "cart-6dbb584856" has timed out progressing.',
    });
    expect(findingId(finding!, 'test')).toBe('cc2a4e23324a27b8');
  });

  test('pods that are refused', () => {
    const refused = condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota: small');
    expect(find(deployment([refused]))[0]).toMatchObject({ type: 'CreateFailed', since: now - 300_000 });
  });

  test('C4, C10: progressing, paused and scaled to zero are no fault', () => {
    expect(types(deployment([condition('Progressing', 'True', 'NewReplicaSetAvailable')]))).toEqual([]);
    expect(types(deployment([stalled], { replicas: 2, paused: true }))).toEqual([]);
    expect(types(deployment([stalled], { replicas: 0 }))).toEqual([]);
  });
});

describe('CON-5: stateful sets and daemon sets', () => {
  const set = (ready: number, extra: object = {}) =>
    object('StatefulSet', 'db', { spec: { replicas: 2 }, status: { readyReplicas: ready }, ...extra });
  const agent = (ready: number) =>
    object('DaemonSet', 'agent', { status: { desiredNumberScheduled: 3, numberReady: ready } });
  const notReady = (owner: string, name: string, seconds: number) =>
    pod(
      `${name}-0`,
      { phase: 'Running', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(seconds) }] },
      ownedBy(owner, name),
    );

  test('stand still when a pod has long not been ready', () => {
    expect(find(set(1), { pods: [notReady('StatefulSet', 'db', 600)] })[0]).toMatchObject({
      type: 'StatefulSetStalled',
      severity: 'critical',
      context: 'StatefulSet stands still: 1 of 2 pods ready',
      since: now - 600_000,
    });
    expect(find(agent(2), { pods: [notReady('DaemonSet', 'agent', 600)] })[0]).toMatchObject({
      type: 'DaemonSetIncomplete',
      context: 'DaemonSet is incomplete: ready on 2 of 3 nodes',
    });
  });

  test('a rolling update, a young set and a full one are no fault', () => {
    expect(types(set(1), { pods: [notReady('StatefulSet', 'db', 30)] })).toEqual([]);
    expect(types(set(0, { metadata: { creationTimestamp: ago(20) } }), { pods: [] })).toEqual([]);
    expect(types(set(2), { pods: [] })).toEqual([]);
    expect(types(agent(3))).toEqual([]);
  });

  test('pods that are refused are told by events', () => {
    const events = [warning('FailedCreate', set(0), 'exceeded quota: small')];
    expect(types(set(0), { pods: [], events })).toEqual(['StatefulSetStalled', 'CreateFailed']);
  });
});

describe('CON-5: jobs', () => {
  const job = (name: string, conditions: object[], extra: object = {}) =>
    object('Job', name, { spec: {}, status: { conditions }, ...extra });
  const failed = condition('Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');

  test('failed for good, not while only FailureTarget says so', () => {
    expect(find(job('j', [condition('FailureTarget', 'True', 'x'), failed]))[0]).toMatchObject({
      type: 'JobFailure',
      severity: 'critical',
      context: 'Job failed: BackoffLimitExceeded, message: Job has reached the specified backoff limit',
    });
    expect(types(job('j', [condition('FailureTarget', 'True', 'x')]))).toEqual([]);
    expect(types(job('j', [condition('Complete', 'True', '')]))).toEqual([]);
  });

  test('a later success of the same CronJob means that it has recovered', () => {
    const cron = (seconds: number) => ownedBy('CronJob', 'nightly', { creationTimestamp: ago(seconds) });
    const old = job('nightly-1', [failed], cron(7200));
    const good = job('nightly-2', [condition('Complete', 'True', '')], cron(3600));
    const other = job('other-2', [condition('Complete', 'True', '')], ownedBy('CronJob', 'other'));
    expect(types(old, { jobs: [old, good] })).toEqual([]);
    expect(types(old, { jobs: [old, other] })).toEqual(['JobFailure']);
    expect(types(job('nightly-3', [failed], cron(60)), { jobs: [good] })).toEqual(['JobFailure']);
  });

  test('a Job whose pods are refused', () => {
    const subject = job('j', []);
    const events = [warning('FailedCreate', subject, 'is forbidden: exceeded quota')];
    expect(types(subject, { events })).toEqual(['CreateFailed']);
    expect(types({ ...subject, status: { active: 1 } }, { events })).toEqual([]);
    expect(types({ ...subject, spec: { suspend: true } }, { events })).toEqual([]);
  });
});

describe('CON-5: a Job that never had a pod', () => {
  const job = (status: object = {}, spec: object = {}, fields: Record<string, unknown> = {}) =>
    object('Job', 'train', { spec, status: { startTime: ago(900), ...status }, ...fields });

  test('is told by its state when the events are gone', () => {
    expect(detect(job(), { now, pods: [], events: [] })).toMatchObject([
      {
        type: 'CreateFailed',
        since: now - 900_000,
        context: 'Pods cannot be created: the Job has started and never had one',
      },
    ]);
  });

  test('the event says it better', () => {
    const subject = job();
    const event = warning('FailedCreate', subject, 'exceeded quota');
    expect(detect(subject, { now, pods: [], events: [event] })[0]!.context).toContain('exceeded quota');
  });

  test.each<[string, ReturnType<typeof job>, object]>([
    ['the pods were not read', job(), { pods: undefined }],
    ['it is suspended', job({}, { suspend: true }), {}],
    ['another controller starts it', job({}, { managedBy: 'example.com/queue' }), {}],
    ['it is young', job({ startTime: ago(60) }), {}],
    ['it has not started', job({ startTime: undefined }), {}],
    ['a pod has failed', job({ failed: 1 }), {}],
    ['a pod has succeeded', job({ succeeded: 1 }, { completions: 2 }), {}],
    ['a pod runs', job({ active: 1 }), {}],
    ['it has a pod', job(), { pods: [pod('train-x', {}, ownedBy('Job', 'train', {}))] }],
    ['a row shows a pod of its name', job(), { pods: [object('Pod', 'train-x')] }],
  ])('nothing is said when %s', (_name, subject, context) => {
    expect(detect(subject, { now, pods: [], ...context })).toEqual([]);
  });

  test('a pod of another namespace is not its own', () => {
    const other = object('Pod', 'train-x', { metadata: { namespace: 'other' } });
    expect(detect(job(), { now, pods: [other] })).toHaveLength(1);
  });
});

const autoscaler = (conditions: readonly object[], fields: Record<string, unknown> = {}) =>
  object('HorizontalPodAutoscaler', 'web', { apiVersion: 'autoscaling/v2', status: { conditions }, ...fields });
const lately = (type: string, status: string, reason: string, seconds = 900) => ({
  type,
  status,
  reason,
  message: 'the server could not find the requested resource',
  lastTransitionTime: ago(seconds),
});

describe('CON-5: an autoscaler and its metrics', () => {
  const noMetrics = lately('ScalingActive', 'False', 'FailedGetResourceMetric');

  test('is at fault when it has had no metrics for a while', () => {
    const hpa = autoscaler([lately('AbleToScale', 'True', 'SucceededGetScale'), noMetrics]);
    expect(detect(hpa, { now })).toMatchObject([{ type: 'ScalingInactive', since: now - 900_000 }]);
    expect(detect(hpa, { now })[0]!.context).toBe(
      'Autoscaler does not scale: FailedGetResourceMetric, message: the server could not find the requested resource',
    );
    expect(isHealthy(hpa)).toBe(false);
  });

  test('is at fault when it cannot find its target', () => {
    const hpa = autoscaler([lately('AbleToScale', 'False', 'FailedGetScale')]);
    expect(detect(hpa, { now })).toMatchObject([{ type: 'ScalingInactive' }]);
  });

  test.each([
    ['metrics come', [lately('ScalingActive', 'True', 'ValidMetricFound')]],
    ['somebody scaled the target to zero', [lately('ScalingActive', 'False', 'ScalingDisabled')]],
    ['metrics are missing for a moment', [lately('ScalingActive', 'False', 'FailedGetResourceMetric', 120)]],
    ['it is at a limit', [lately('ScalingLimited', 'True', 'TooManyReplicas')]],
    ['there is no status yet', []],
  ])('nothing is said when %s', (_name, conditions) => {
    expect(detect(autoscaler(conditions), { now })).toEqual([]);
  });
});
