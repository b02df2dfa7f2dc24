import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

/** An aggregated API `widgets.test/v1` behind Service `api/widgets`, and a namespace in deletion that it holds up. */
function cluster(
  options: { available?: string; replicas?: number; ready?: boolean; service?: boolean } = {},
): TestCluster {
  const it = new TestCluster();
  it.add('APIService', null, 'v1.widgets.test', {
    spec: { group: 'widgets.test', version: 'v1', service: { namespace: 'api', name: 'widgets' } },
    status: {
      conditions: [
        {
          type: 'Available',
          status: options.available ?? 'False',
          reason: 'MissingEndpoints',
          message: 'endpoints for service/widgets in "api" have no addresses with port name "https"',
        },
      ],
    },
  });
  if (options.service !== false) it.service('api', 'widgets');
  it.deployment('api', 'widgets', { replicas: options.replicas ?? 0, ready: options.ready ?? false });
  it.add('EndpointSlice', 'api', 'widgets-x', {
    metadata: { labels: { 'kubernetes.io/service-name': 'widgets' } },
    endpoints: null,
  });
  it.add('Namespace', null, 'old', {
    metadata: { deletionTimestamp: '2026-01-01T09:00:00Z' },
    status: {
      phase: 'Terminating',
      conditions: [
        {
          type: 'NamespaceDeletionDiscoveryFailure',
          status: 'True',
          reason: 'DiscoveryFailed',
          lastTransitionTime: '2026-01-01T09:10:00Z',
          message:
            'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: widgets.test/v1: stale GroupVersion discovery: widgets.test/v1',
        },
      ],
    },
  });
  return it;
}

describe('QUA-1: an aggregated API without a backend', () => {
  test.each<[string, TestCluster, string]>([
    ['holds up a namespace', cluster(), 'APIService v1.widgets.test apiservice_unavailable [widgets.test/v1] high'],
    [
      'whose Service is gone',
      cluster({ service: false }),
      'APIService v1.widgets.test apiservice_unavailable [widgets.test/v1] high',
    ],
    [
      'answers again: then the namespace alone is left',
      cluster({ available: 'True' }),
      'Namespace old apiservice_unavailable [widgets.test/v1] high',
    ],
  ])('%s', async (_what, it, wanted) => {
    expect(await causeOf(it, 'Namespace', null, 'old')).toBe(wanted);
  });

  test('the way down to the workload is told, and the APIService is not the first thing to delete', async () => {
    const { verdict } = await answerAbout(cluster(), 'Namespace', null, 'old');
    expect(verdict.causes[0]?.statement).toContain(
      'has no endpoint because Deployment api/widgets is scaled to 0. Because of it Namespace old cannot go on.',
    );
    expect(verdict.remediation[0]?.action).toBe(
      'Bring back what serves widgets.test/v1: scale Deployment api/widgets up again',
    );
  });

  test.each([
    ['stands', true, false],
    ['is gone', false, true],
  ])('to delete the APIService is offered only when its Service is gone: it %s', async (_what, service, offered) => {
    const { verdict } = await answerAbout(cluster({ service, replicas: 1 }), 'Namespace', null, 'old');
    expect(verdict.remediation.some(({ command }) => command?.includes('delete apiservice'))).toBe(offered);
  });

  test('an autoscaler that asks it gets no metrics', async () => {
    const it = new TestCluster();
    it.add('APIService', null, 'v1beta1.metrics.k8s.io', {
      spec: { group: 'metrics.k8s.io', version: 'v1beta1', service: { namespace: 'kube-system', name: 'metrics' } },
      status: {
        conditions: [
          {
            type: 'Available',
            status: 'False',
            reason: 'FailedDiscoveryCheck',
            message: 'no response from https://10.0.0.9:443',
          },
        ],
      },
    });
    it.add('HorizontalPodAutoscaler', 'ns', 'app', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'app' } },
      status: {
        conditions: [
          {
            type: 'ScalingActive',
            status: 'False',
            reason: 'FailedGetResourceMetric',
            message:
              'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)',
          },
        ],
      },
    });
    it.deployment('ns', 'app', { ready: true });
    expect(await causeOf(it, 'HorizontalPodAutoscaler', 'ns', 'app')).toBe(
      'APIService v1beta1.metrics.k8s.io apiservice_unavailable [metrics.k8s.io] high',
    );
  });
});
