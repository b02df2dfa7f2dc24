import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/kube/cluster-reader.ts';
import { healthOf } from '../../../../src/mcp/flux/tree/object-health.ts';
import { ago, now, object } from '../../../support/kube-objects.ts';

function custom(
  conditions: readonly Record<string, unknown>[] | undefined,
  fields: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'shop' },
    ...(conditions === undefined ? {} : { status: { conditions } }),
    ...fields,
  };
}

const ready = (status: string, reason = 'R', message = 'm') => ({ type: 'Ready', status, reason, message });
const flux = (kind: string, group: string, fields: Record<string, unknown>): KubeObject =>
  custom(undefined, { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, ...fields });

describe('the health of what Flux has applied', () => {
  test.each<[string, KubeObject, { health: string; message?: string }]>([
    ['a ConfigMap that is there', object('ConfigMap', 'c'), { health: 'healthy' }],
    ['a custom object without conditions', custom(undefined), { health: 'healthy' }],
    ['one that is ready', custom([ready('True')]), { health: 'healthy' }],
    ['one that is not', custom([ready('False')]), { health: 'unhealthy', message: 'not Ready: R: m' }],
    ['one that does not know', custom([ready('Unknown')]), { health: 'progressing', message: 'not Ready: R: m' }],
    [
      'one that is being reconciled',
      custom([{ type: 'Reconciling', status: 'True', reason: 'Progressing' }, ready('False')]),
      { health: 'progressing', message: 'not Ready: R: m' },
    ],
    [
      'one that has given up',
      custom([{ type: 'Stalled', status: 'True', reason: 'Bad', message: 'no' }, ready('True')]),
      { health: 'unhealthy', message: 'Stalled: Bad: no' },
    ],
    [
      'a definition that is not established',
      custom([{ type: 'Established', status: 'False', reason: 'Conflict', message: 'names' }]),
      { health: 'unhealthy', message: 'not Established: Conflict: names' },
    ],
    [
      "a Service of another group than Kubernetes' own",
      custom([ready('False')], { apiVersion: 'serving.knative.dev/v1', kind: 'Service' }),
      { health: 'unhealthy', message: 'not Ready: R: m' },
    ],
    [
      'one that is being deleted',
      custom([ready('True')], { metadata: { name: 'w', deletionTimestamp: ago(5) } }),
      { health: 'terminating' },
    ],
    [
      'a Kustomization',
      flux('Kustomization', 'kustomize', {
        status: { conditions: [ready('False', 'DependencyNotReady', "dependency 'a/b' is not ready")] },
      }),
      { health: 'unhealthy', message: "blocked: DependencyNotReady: dependency 'a/b' is not ready" },
    ],
    [
      'a suspended one',
      flux('Kustomization', 'kustomize', { spec: { suspend: true } }),
      { health: 'suspended', message: 'suspended' },
    ],
    ['a source', flux('GitRepository', 'source', { status: { conditions: [ready('True')] } }), { health: 'healthy' }],
    [
      'a source that nobody fetches',
      flux('HelmRepository', 'source', { spec: { type: 'oci' } }),
      { health: 'healthy' },
    ],
    ['a suspended source', flux('Bucket', 'source', { spec: { suspend: true } }), { health: 'suspended' }],
  ])('%s', (_, one, expected) => {
    const { health, message } = healthOf(one, now);
    expect(message === undefined ? { health } : { health, message }).toEqual(expected);
  });

  test('workloads by what finds their faults', () => {
    const deployment = (status: Record<string, unknown>): KubeObject =>
      object('Deployment', 'web', { spec: { replicas: 2 }, metadata: { generation: 1 }, status });
    const counts = { observedGeneration: 1, replicas: 2, updatedReplicas: 2 };
    expect(healthOf(deployment({ ...counts, readyReplicas: 2, availableReplicas: 2 }), now)).toEqual({
      health: 'healthy',
    });
    expect(healthOf(deployment({ ...counts, readyReplicas: 1, availableReplicas: 1 }), now)).toEqual({
      health: 'progressing',
      message: '1 of 2 pods are ready',
    });
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
    ];
    expect(healthOf(deployment({ ...counts, readyReplicas: 1, availableReplicas: 1, conditions }), now)).toEqual({
      health: 'unhealthy',
      message: 'Deployment rollout failed: ProgressDeadlineExceeded, message: timed out',
    });
    const set = object('DaemonSet', 'd', {
      status: { numberReady: 1, desiredNumberScheduled: 3 },
      metadata: { creationTimestamp: ago(5) },
    });
    expect(healthOf(set, now)).toEqual({ health: 'progressing', message: '1 of 3 pods are ready' });
  });

  test('a claim that waits for its first pod is no fault, a lost one is', () => {
    const claim = (phase: string): KubeObject => object('PersistentVolumeClaim', 'data', { status: { phase } });
    expect(healthOf(claim('Bound'), now)).toEqual({ health: 'healthy' });
    expect(healthOf(claim('Pending'), now)).toEqual({ health: 'progressing', message: 'Pending' });
    expect(healthOf(claim('Lost'), now)).toMatchObject({ health: 'unhealthy' });
  });

  test('a namespace that does not go away says why', () => {
    const namespace = object('Namespace', 'old', {
      metadata: { deletionTimestamp: ago(3600), finalizers: ['kubernetes'] },
    });
    expect(healthOf(namespace, now)).toEqual({
      health: 'terminating',
      message: 'Namespace is terminating for 1h, finalizers: kubernetes',
    });
  });
});
