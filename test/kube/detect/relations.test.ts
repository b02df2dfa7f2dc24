import { describe, expect, test } from 'vitest';
import { familyOf } from '../../../src/domain/family.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { isHealthy } from '../../../src/kube/health.ts';
import { ago, now, object, ownedBy, pod, warning } from '../../support/kube-objects.ts';

const ingress = (fields: Record<string, unknown> = {}) =>
  object('Ingress', 'web', {
    apiVersion: 'networking.k8s.io/v1',
    spec: {
      defaultBackend: { service: { name: 'front', port: { number: 80 } } },
      rules: [
        { host: 'a.example', http: { paths: [{ path: '/', backend: { service: { name: 'cart' } } }] } },
        { host: 'b.example', http: { paths: [{ path: '/', backend: { resource: { kind: 'Bucket', name: 'x' } } }] } },
        { host: 'c.example' },
      ],
    },
    ...fields,
  });
const service = (name: string, namespace = 'shop') => object('Service', name, { metadata: { namespace } });

describe('CON-5: an Ingress and its Services', () => {
  test('is at fault when a Service that it names does not exist', () => {
    expect(detect(ingress(), { now, services: [service('front')] })).toMatchObject([
      {
        type: 'BackendMissing',
        severity: 'warning',
        context: 'Ingress sends requests to a Service that does not exist: cart',
      },
    ]);
    expect(familyOf('BackendMissing')).toBe('network');
  });

  test('a Service of another namespace does not count', () => {
    const found = detect(ingress(), { now, services: [service('front'), service('cart', 'other')] });
    expect(found).toHaveLength(1);
  });

  test.each([
    ['all Services exist', { services: [service('front'), service('cart')] }, {}],
    ['the Services were not read', {}, {}],
    ['it is new', { services: [] }, { metadata: { creationTimestamp: ago(60) } }],
    ['it is being deleted', { services: [] }, { metadata: { deletionTimestamp: ago(60) } }],
    ['it has no backend', { services: [] }, { spec: {} }],
  ])('nothing is said when %s', (_name, context, fields) => {
    expect(detect(ingress(fields), { now, ...context })).toEqual([]);
  });
});

const autoscaler = (conditions: readonly object[], fields: Record<string, unknown> = {}) =>
  object('HorizontalPodAutoscaler', 'web', { apiVersion: 'autoscaling/v2', status: { conditions }, ...fields });
const condition = (type: string, status: string, reason: string, seconds = 900) => ({
  type,
  status,
  reason,
  message: 'the server could not find the requested resource',
  lastTransitionTime: ago(seconds),
});

describe('CON-5: an autoscaler and its metrics', () => {
  const noMetrics = condition('ScalingActive', 'False', 'FailedGetResourceMetric');

  test('is at fault when it has had no metrics for a while', () => {
    const hpa = autoscaler([condition('AbleToScale', 'True', 'SucceededGetScale'), noMetrics]);
    expect(detect(hpa, { now })).toMatchObject([{ type: 'ScalingInactive', since: now - 900_000 }]);
    expect(detect(hpa, { now })[0]!.context).toBe(
      'Autoscaler does not scale: FailedGetResourceMetric, message: the server could not find the requested resource',
    );
    expect(isHealthy(hpa)).toBe(false);
  });

  test('is at fault when it cannot find its target', () => {
    const hpa = autoscaler([condition('AbleToScale', 'False', 'FailedGetScale')]);
    expect(detect(hpa, { now })).toMatchObject([{ type: 'ScalingInactive' }]);
  });

  test.each([
    ['metrics come', [condition('ScalingActive', 'True', 'ValidMetricFound')]],
    ['somebody scaled the target to zero', [condition('ScalingActive', 'False', 'ScalingDisabled')]],
    ['metrics are missing for a moment', [condition('ScalingActive', 'False', 'FailedGetResourceMetric', 120)]],
    ['it is at a limit', [condition('ScalingLimited', 'True', 'TooManyReplicas')]],
    ['there is no status yet', []],
  ])('nothing is said when %s', (_name, conditions) => {
    expect(detect(autoscaler(conditions), { now })).toEqual([]);
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

describe('CON-5: a namespace whose deletion does not end', () => {
  const namespace = (seconds: number, conditions: readonly object[] = []) =>
    object('Namespace', 'old', {
      metadata: { namespace: undefined, deletionTimestamp: ago(seconds) },
      status: { phase: 'Terminating', conditions },
    });

  test('is stuck, with what is left in it', () => {
    const left = [
      { type: 'NamespaceContentRemaining', status: 'True', message: 'widgets.example.com has 1 resource instances' },
      { type: 'NamespaceFinalizersRemaining', status: 'True', message: 'example.com/cleanup in 1 resource instances' },
      { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', message: 'All resources discovered' },
    ];
    const [found] = detect(namespace(3600, left), { now });
    expect(found).toMatchObject({ type: 'Stuck', resource: { kind: 'Namespace', namespace: null, name: 'old' } });
    expect(found!.context).toContain('example.com/cleanup in 1 resource instances');
    expect(found!.context).not.toContain('All resources discovered');
  });

  test('nothing is said while the deletion is young, or of a namespace that stays', () => {
    expect(detect(namespace(60), { now })).toEqual([]);
    expect(detect(object('Namespace', 'new'), { now })).toEqual([]);
  });
});
