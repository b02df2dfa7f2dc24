import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { type DetectContext, findingId } from '../../../src/kube/detect/finding.ts';
import { ago, now, object, pod, warning, wellPod } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);

describe('CON-5: warning events', () => {
  const hpa = object('HorizontalPodAutoscaler', 'web', { apiVersion: 'autoscaling/v2' });
  const starting = pod('p', { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] });

  test('a cause that no object shows, one finding a reason', () => {
    const events = ['FailedGetResourceMetric', 'FailedComputeMetricsReplicas'].map((reason) =>
      warning(reason, hpa, 'no metrics'),
    );
    const findings = events.flatMap((event) => find(event, { involved: hpa }));
    expect(findings.map((one) => [one.type, one.severity, one.resource.kind])).toEqual([
      ['WarningEvent', 'info', 'HorizontalPodAutoscaler'],
      ['WarningEvent', 'info', 'HorizontalPodAutoscaler'],
    ]);
    expect(new Set(findings.map((one) => findingId(one, ''))).size).toBe(2);
  });

  test('a probe that keeps failing on a pod that is not ready', () => {
    const event = warning('Unhealthy', starting, 'Readiness probe failed: 404');
    expect(find(event, { involved: starting })[0]?.context).toBe('Unhealthy: Readiness probe failed: 404');
    expect(types({ ...event, count: 1 }, { involved: starting })).toEqual([]);
    expect(types(event, {})).toEqual([]);
    expect(types(event, { involved: wellPod('p') })).toEqual([]);
  });

  test.each([
    [
      'an autoscaler that has metrics again',
      'HorizontalPodAutoscaler',
      [{ type: 'ScalingActive', status: 'True' }],
      [],
    ],
    ['one that has none', 'HorizontalPodAutoscaler', [{ type: 'ScalingActive', status: 'False' }], ['WarningEvent']],
    [
      'an object that became ready later',
      'Certificate',
      [{ type: 'Ready', status: 'True', lastTransitionTime: ago(0) }],
      [],
    ],
    [
      'one that was ready before',
      'Certificate',
      [{ type: 'Ready', status: 'True', lastTransitionTime: ago(9000) }],
      ['WarningEvent'],
    ],
    ['one that says nothing', 'Certificate', [], ['WarningEvent']],
  ])('C15: a warning about %s', (_name, kind, conditions, wanted) => {
    const involved = object(kind, 'o', { status: { conditions } });
    expect(types(warning('Odd', involved, 'm'), { involved })).toEqual(wanted);
  });

  test('C15: noise, what the object shows itself, what is over', () => {
    for (const reason of ['BackOff', 'Failed', 'CgroupV1', 'ClusterIPNotAllocated', 'FailedScheduling']) {
      expect(types(warning(reason, starting, 'm'), { involved: starting })).toEqual([]);
    }
    const event = warning('FailedCreatePodSandBox', starting, 'no free addresses');
    expect(find(event, { involved: starting })[0]).toMatchObject({ family: 'network' });
    expect(types(event, { involved: null })).toEqual([]);
    expect(types({ ...event, type: 'Normal' }, { involved: starting })).toEqual([]);
    expect(types({ ...event, lastTimestamp: ago(7200), metadata: { name: 'e' } }, { involved: starting })).toEqual([]);
  });

  test('events of the scheduler carry only eventTime and series', () => {
    const times = { firstTimestamp: null, lastTimestamp: null, count: null, metadata: { name: 'e' } };
    const recent = { eventTime: ago(7200), series: { count: 9, lastObservedTime: ago(30) } };
    const event = { ...warning('FailedBindingSomething', starting, 'm'), ...times };
    expect(types({ ...event, ...recent }, { involved: starting })).toEqual(['WarningEvent']);
    expect(types({ ...event, eventTime: ago(7200) }, { involved: starting })).toEqual([]);
  });
});
