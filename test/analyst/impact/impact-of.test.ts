import { describe, expect, test } from 'vitest';
import type { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';
import { made, owned } from './made-cluster.ts';
import { wordsOn } from './words-on.ts';

describe('QUA-4: what an incident means for those who use what it is about', () => {
  test.each<[string, readonly [string, string | null, string], TestCluster, string]>([
    [
      'no pod and no endpoint',
      ['Deployment', 'ns', 'app'],
      made((it) => {
        it.crash('ns', 'app', { log: 'boom' });
        it.service('ns', 'app');
        it.endpoints('ns', 'app', []);
      }),
      'Nothing serves: 0 of 1 pod of Deployment ns/app is ready; Service ns/app has no ready endpoint.',
    ],
    [
      'no pod, and the Service has those of another workload',
      ['Deployment', 'ns', 'app'],
      made((it) => {
        it.crash('ns', 'app', { log: 'boom' });
        it.service('ns', 'app');
        it.endpoints('ns', 'app', ['10.0.0.9']);
      }),
      '0 of 1 pod of Deployment ns/app is ready; Service ns/app still has ready endpoints.',
    ],
    [
      'no pod, and no Service leads to it',
      ['Deployment', 'ns', 'app'],
      made((it) => {
        it.crash('ns', 'app', { log: 'boom' });
        it.service('ns', 'other');
        it.endpoints('ns', 'other', []);
      }),
      '0 of 1 pod of Deployment ns/app is ready.',
    ],
    [
      'a Service whose slices were not read',
      ['Deployment', 'ns', 'app'],
      made((it) => {
        it.crash('ns', 'app', { log: 'boom' });
        it.service('ns', 'app');
      }),
      '0 of 1 pod of Deployment ns/app is ready.',
    ],
    [
      'pods that are ready behind a Service without an endpoint',
      ['Service', 'ns', 'app'],
      made((it) => {
        it.running('ns', 'app', 'listening');
        it.service('ns', 'app');
        it.endpoints('ns', 'app', []);
      }),
      'Nothing serves: 1 of 1 pod of Deployment ns/app is ready; Service ns/app has no ready endpoint.',
    ],
    [
      'a Service that has addresses of pods which are not ready too',
      ['Deployment', 'ns', 'app'],
      made((it) => {
        it.crash('ns', 'app', { log: 'boom' });
        it.service('ns', 'app');
        amend(it, 'Service', 'app', { spec: { selector: { app: 'app' }, publishNotReadyAddresses: true } });
        it.endpoints('ns', 'app', ['10.0.0.9']);
      }),
      '0 of 1 pod of Deployment ns/app is ready.',
    ],
    [
      'a Service of which neither pods nor endpoints are known',
      ['Service', 'ns', 'app'],
      made((it) => it.service('ns', 'app')),
      'Not known: no pod that belongs to Service ns/app was found.',
    ],
    [
      'a Service of which nobody is known',
      ['Service', 'ns', 'app'],
      made((it) => {
        it.service('ns', 'app');
        it.endpoints('ns', 'app', []);
      }),
      'Service ns/app has no ready endpoint.',
    ],
    [
      'an Ingress',
      ['Ingress', 'ns', 'front'],
      made((it) => {
        it.crash('ns', 'app', { log: 'boom' });
        it.service('ns', 'app');
        it.endpoints('ns', 'app', []);
        it.add('Ingress', 'ns', 'front', { spec: { defaultBackend: { service: { name: 'app' } } } });
      }),
      'Nothing serves: 0 of 1 pod of Deployment ns/app is ready; Service ns/app has no ready endpoint.',
    ],
    [
      'a claim',
      ['PersistentVolumeClaim', 'ns', 'data'],
      made((it) => {
        it.pending('ns', 'app', '', { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] });
        it.add('PersistentVolumeClaim', 'ns', 'data', { spec: {}, status: { phase: 'Pending' } });
      }),
      '0 of 1 pod of Deployment ns/app is ready.',
    ],
    [
      'an autoscaler',
      ['HorizontalPodAutoscaler', 'ns', 'app'],
      made((it) => {
        it.deployment('ns', 'app', { ready: true, replicas: 3 });
        const scaleTargetRef = { kind: 'Deployment', name: 'app' };
        it.add('HorizontalPodAutoscaler', 'ns', 'app', { spec: { scaleTargetRef }, status: {} });
      }),
      '3 of 3 pods of Deployment ns/app are ready.',
    ],
    [
      'a namespace',
      ['Namespace', null, 'ns'],
      made((it) => {
        it.add('Namespace', null, 'ns');
        it.deployment('ns', 'a', { ready: true, replicas: 2 });
        it.crash('ns', 'b', { log: 'boom' });
        it.deployment('ns', 'c', { ready: true });
        it.deployment('ns', 'd', { ready: true });
      }),
      '4 of 5 pods of 4 workloads are ready (Deployment ns/b 0 of 1, Deployment ns/a 2 of 2, Deployment ns/c 1 of 1, and 1 more).',
    ],
    [
      'a DaemonSet',
      ['DaemonSet', 'ns', 'agent'],
      made((it) =>
        it.add('DaemonSet', 'ns', 'agent', {
          spec: { template: { spec: {} } },
          status: { desiredNumberScheduled: 5, numberReady: 3, numberUnavailable: 2 },
        }),
      ),
      '3 of 5 pods of DaemonSet ns/agent are ready.',
    ],
    [
      'a pod by itself',
      ['Pod', 'ns', 'alone'],
      made((it) =>
        it.add('Pod', 'ns', 'alone', {
          spec: { containers: [{ name: 'c', image: 'c:1' }] },
          status: {
            phase: 'Pending',
            conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T10:01:00Z' }],
          },
        }),
      ),
      'Pod ns/alone is not ready since 2026-01-01 10:01:00 UTC.',
    ],
    [
      'a pod that has done its work',
      ['Pod', 'ns', 'alone'],
      made((it) => it.add('Pod', 'ns', 'alone', { spec: { containers: [] }, status: { phase: 'Succeeded' } })),
      'Not known: Pod ns/alone has done its work, and nothing of it is to keep running.',
    ],
    [
      'pods of which only they were read',
      ['Pod', 'ns', 'x-1'],
      made((it) => {
        for (const [name, status] of Object.entries({ 'x-1': 'False', 'x-2': 'True', 'x-3': 'True' })) {
          it.add('Pod', 'ns', name, {
            metadata: owned('Widget', 'x'),
            spec: { containers: [] },
            status: { phase: 'Running', conditions: [{ type: 'Ready', status }] },
          });
        }
      }),
      '2 of 3 pods that were read of Widget ns/x are ready.',
    ],
    [
      'what does not exist',
      ['Deployment', 'ns', 'gone'],
      made((it) => it.deployment('ns', 'other', { ready: true })),
      'Not known: Deployment ns/gone does not exist.',
    ],
    [
      'a custom resource without pods',
      ['Widget', 'ns', 'w'],
      made((it) => it.deployment('ns', 'other', { ready: true })),
      'Not known: Widget ns/w is not in the evidence.',
    ],
    [
      'a kind that nothing is counted for',
      ['PodDisruptionBudget', 'ns', 'budget'],
      made((it) => {
        it.deployment('ns', 'other', { ready: true });
        it.add('PodDisruptionBudget', 'ns', 'budget', { spec: { selector: { matchLabels: { app: 'other' } } } });
      }),
      'Not known: what serves is not counted for objects of kind PodDisruptionBudget.',
    ],
    ['no evidence', ['Deployment', 'ns', 'app'], made(), 'Not known: no evidence was read.'],
  ])('%s', async (_what, object, cluster, wanted) => {
    expect(await wordsOn(cluster, ...object)).toBe(wanted);
  });
});
