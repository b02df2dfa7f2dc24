import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
const off = (type: string, reason: string, message: string, status = 'False') => ({ type, status, reason, message });

function hpa(conditions: Fields[], target = 'app'): Promise<string> {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', { ready: true });
  cluster.add('HorizontalPodAutoscaler', 'ns', 'scaler', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: target } },
    status: { conditions },
  });
  return causeOf(cluster, 'HorizontalPodAutoscaler', 'ns', 'scaler');
}
const active = (message: string, reason = 'FailedGetResourceMetric') => off('ScalingActive', reason, message);
const noMetrics = (value: string) => `HorizontalPodAutoscaler scaler hpa_no_metrics [${value}] high`;
const unserved =
  'unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

describe('QUA-1: an autoscaler', () => {
  test.each<[string, Fields[], string]>([
    [
      'no request',
      [active('failed to get cpu utilization: missing request for cpu in container app of Pod app-1')],
      noMetrics('cpu'),
    ],
    [
      'no request of memory',
      [active('failed to get memory utilization: missing request for memory')],
      noMetrics('memory'),
    ],
    ['no metrics API', [active(unserved)], noMetrics('metrics.k8s.io')],
    [
      'no custom metrics API',
      [active('no metrics returned from custom.metrics.k8s.io', 'FailedGetPodsMetric')],
      noMetrics('custom.metrics.k8s.io'),
    ],
    [
      'a metric that nobody gives',
      [active('unable to get metric queue_depth: nothing returned', 'FailedGetExternalMetric')],
      noMetrics('queue_depth'),
    ],
    ['no word at all', [active('it does not work', 'InvalidSelector')], noMetrics('InvalidSelector')],
    [
      'it is switched off on purpose',
      [active('scaling is disabled since the replica count of the target is zero', 'ScalingDisabled')],
      'no fault',
    ],
    [
      'it can',
      [off('ScalingActive', 'ValidMetricFound', 'ok', 'True'), off('AbleToScale', 'ReadyForNewScale', 'ok', 'True')],
      'no fault',
    ],
    [
      'at its maximum',
      [
        off('ScalingActive', 'ValidMetricFound', 'ok', 'True'),
        off('ScalingLimited', 'TooManyReplicas', 'more than the maximum', 'True'),
      ],
      'no fault',
    ],
  ])('%s', async (_title, conditions, wanted) => {
    expect(await hpa(conditions)).toBe(wanted);
  });

  test('a target that is not there', async () => {
    const scale = off(
      'AbleToScale',
      'FailedGetScale',
      'the HPA controller was unable to get the target\'s current scale: deployments.apps "ap" not found',
    );
    expect(await hpa([scale, active(unserved)], 'ap')).toBe(
      'HorizontalPodAutoscaler scaler hpa_target_missing [ap] high',
    );
  });
});

describe('QUA-1: a disruption budget', () => {
  const budget = (spec: Fields, status: Fields): Promise<string> => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { ready: true });
    cluster.add('PodDisruptionBudget', 'ns', 'keep', {
      spec: { selector: { matchLabels: { app: 'app' } }, ...spec },
      status,
    });
    return causeOf(cluster, 'PodDisruptionBudget', 'ns', 'keep');
  };
  const full = { expectedPods: 1, currentHealthy: 1, disruptionsAllowed: 0 };
  const is = (value: string) => `PodDisruptionBudget keep pdb_blocks [${value}] high`;
  test.each<[string, Fields, Fields, string]>([
    ['minAvailable of all', { minAvailable: 1 }, full, is('1')],
    ['minAvailable 100%', { minAvailable: '100%' }, full, is('100%')],
    ['maxUnavailable 0', { maxUnavailable: 0 }, full, is('0')],
    [
      'it allows one',
      { minAvailable: 1 },
      { ...full, expectedPods: 2, currentHealthy: 2, disruptionsAllowed: 1 },
      'no fault',
    ],
    [
      'it covers nothing',
      { minAvailable: 1 },
      { expectedPods: 0, currentHealthy: 0, disruptionsAllowed: 0 },
      'no fault',
    ],
    [
      'its pods are not healthy: they are the fault',
      { minAvailable: 1 },
      { expectedPods: 2, currentHealthy: 1, disruptionsAllowed: 0 },
      'no cause',
    ],
  ])('%s', async (_title, spec, status, wanted) => {
    expect(await budget(spec, status)).toBe(wanted);
  });

  test.each([
    [true, 'PodDisruptionBudget keep pdb_blocks [1] high'],
    [false, 'no fault'],
  ])('of a node that is drained (%s)', async (unschedulable, wanted) => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { ready: true });
    cluster.node('n1', { unschedulable });
    cluster.add('PodDisruptionBudget', 'ns', 'keep', {
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'app' } } },
      status: unschedulable ? full : { ...full, disruptionsAllowed: 1 },
    });
    expect(await causeOf(cluster, 'PodDisruptionBudget', 'ns', 'keep')).toBe(wanted);
  });
});
