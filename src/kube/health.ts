import type { KubeObject } from './cluster-reader.ts';
import { type SweptKind, isSwept } from './kinds.ts';
import {
  type Autoscaler,
  type Claim,
  type Job,
  type NodeObject,
  type Pod,
  type Workload,
  conditionOf,
  items,
  timeOf,
} from './objects.ts';

/** Null: what such an object shows says nothing about its health. */
const judges: Record<SweptKind, ((object: KubeObject, quietSince: number | null) => boolean) | null> = {
  Pod: healthyPod,
  Node: (node: NodeObject) => conditionOf(node.status?.conditions, 'Ready')?.status === 'True',
  Deployment: healthyDeployment,
  StatefulSet: (set: Workload) => (set.status?.readyReplicas ?? 0) >= (set.spec?.replicas ?? 1),
  DaemonSet: (set: Workload) => (set.status?.numberReady ?? 0) >= (set.status?.desiredNumberScheduled ?? 0),
  Job: healthyJob,
  Event: null,
  EndpointSlice: null,
  Namespace: null,
  PersistentVolumeClaim: (claim: Claim) => claim.status?.phase === 'Bound',
  Service: () => true,
  Ingress: () => true,
  HorizontalPodAutoscaler: healthyAutoscaler,
};

/**
 * Whether an object that had a fault is well: `true`, `false`, or null for a kind that cannot be judged or an object in
 * deletion. With `quietSince` (ms), a pod must also have had no restart after it.
 */
export function isHealthy(object: KubeObject, quietSince: number | null = null): boolean | null {
  if (object.metadata.deletionTimestamp) return null;
  return (isSwept(object.kind) ? judges[object.kind]?.(object, quietSince) : null) ?? null;
}

function healthyPod(pod: Pod, quietSince: number | null): boolean {
  if (pod.status?.phase === 'Succeeded') return true;
  if (conditionOf(pod.status?.conditions, 'Ready')?.status !== 'True') return false;
  return quietSince === null || !restartedAfter(pod, quietSince);
}

function restartedAfter(pod: Pod, since: number): boolean {
  const statuses = [...items(pod.status?.containerStatuses), ...items(pod.status?.initContainerStatuses)];
  return statuses.some((status) => {
    if ((status.restartCount ?? 0) === 0) return false;
    const started = timeOf(status.state?.running?.startedAt);
    const ended = timeOf(status.lastState?.terminated?.finishedAt);
    return Math.max(started ?? 0, ended ?? 0) > since;
  });
}

function healthyDeployment(deployment: Workload): boolean {
  const wanted = deployment.spec?.replicas ?? 1;
  if (deployment.spec?.paused === true) return (deployment.status?.availableReplicas ?? 0) >= wanted;
  const observed = deployment.status?.observedGeneration ?? 0;
  if (observed < (deployment.metadata.generation ?? 0)) return false;
  return (deployment.status?.availableReplicas ?? 0) >= wanted && (deployment.status?.updatedReplicas ?? 0) >= wanted;
}

function healthyAutoscaler(autoscaler: Autoscaler): boolean {
  return items(autoscaler.status?.conditions).every(
    ({ type, status }) => !['AbleToScale', 'ScalingActive'].includes(type ?? '') || status === 'True',
  );
}

/** A failed Job never becomes well by itself; one that was replaced by a later success is (see the Job detector). */
function healthyJob(job: Job): boolean {
  if (conditionOf(job.status?.conditions, 'Failed')?.status === 'True') return false;
  return conditionOf(job.status?.conditions, 'Complete')?.status === 'True' || (job.status?.active ?? 0) > 0;
}
