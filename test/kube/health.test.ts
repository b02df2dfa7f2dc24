import { expect, test } from 'vitest';
import { isHealthy } from '../../src/kube/health.ts';
import { ago, container, now, object, pod, wellPod } from '../support/kube-objects.ts';

const restarted = (seconds: number) =>
  wellPod('p', { restartCount: 3, state: { running: { startedAt: ago(seconds) } } });

test('CON-5: a pod is well when it is ready and has not restarted since', () => {
  expect(isHealthy(wellPod('p'))).toBe(true);
  expect(isHealthy(restarted(30))).toBe(true);
  expect(isHealthy(restarted(30), now - 120_000)).toBe(false);
  expect(isHealthy(restarted(300), now - 120_000)).toBe(true);
  expect(isHealthy(pod('p', { phase: 'Succeeded' }))).toBe(true);
  expect(isHealthy(pod('p', { phase: 'Running', containerStatuses: [container({ running: {} })] }))).toBe(false);
  expect(isHealthy(pod('p', { phase: 'Failed' }))).toBe(false);
});

test('CON-5: workloads are well when all that is wanted is there', () => {
  const deployment = (status: object, generation = 2) =>
    object('Deployment', 'd', { metadata: { generation }, spec: { replicas: 2 }, status });
  const full = { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 2 };
  expect(isHealthy(deployment(full))).toBe(true);
  expect(isHealthy(deployment({ ...full, updatedReplicas: 1 }))).toBe(false);
  expect(isHealthy(deployment(full, 3))).toBe(false);
  expect(isHealthy(object('StatefulSet', 's', { spec: { replicas: 2 }, status: { readyReplicas: 1 } }))).toBe(false);
  expect(isHealthy(object('DaemonSet', 's', { status: { desiredNumberScheduled: 2, numberReady: 2 } }))).toBe(true);
});

test('CON-5: nodes, jobs and claims', () => {
  const ready = (status: string) => object('Node', 'n', { status: { conditions: [{ type: 'Ready', status }] } });
  expect([isHealthy(ready('True')), isHealthy(ready('Unknown'))]).toEqual([true, false]);
  const job = (type: string) => object('Job', 'j', { status: { conditions: [{ type, status: 'True' }] } });
  expect([isHealthy(job('Complete')), isHealthy(job('Failed'))]).toEqual([true, false]);
  expect(isHealthy(object('PersistentVolumeClaim', 'c', { status: { phase: 'Bound' } }))).toBe(true);
});

test('CON-5: what is being deleted, and a kind that nobody knows, cannot be judged', () => {
  expect(isHealthy(wellPod('p', {}, { metadata: { deletionTimestamp: ago(5) } }))).toBeNull();
  expect(isHealthy(object('Gadget', 'g'))).toBeNull();
});
