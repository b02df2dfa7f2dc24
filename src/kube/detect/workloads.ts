import type { KubeObject } from '../cluster-reader.ts';
import {
  type Autoscaler,
  type Job,
  type KubeEvent,
  type Pod,
  type Workload,
  conditionOf,
  conditionTime,
  controllerOf,
  items,
  timeOf,
} from '../objects.ts';
import { firstSeenOf, newestEvent } from './event-time.ts';
import { type DetectContext, type Finding, finding, sentence } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** Faults of a Deployment: its rollout does not end, its pods cannot be created. */
export function detectDeployment(object: KubeObject, context: DetectContext): Finding[] {
  const deployment = object as Workload;
  if (deployment.metadata.deletionTimestamp) return stuckDeletion(deployment, context);
  if (deployment.spec?.paused === true || deployment.spec?.replicas === 0) return [];
  const found: Finding[] = [];
  const progressing = conditionOf(deployment.status?.conditions, 'Progressing');
  if (progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded') {
    const text = sentence('Deployment rollout failed: ProgressDeadlineExceeded', { message: progressing.message });
    found.push(finding('DeploymentFailure', deployment, text, { since: conditionTime(progressing) }));
  }
  const refused = conditionOf(deployment.status?.conditions, 'ReplicaFailure');
  if (refused?.status === 'True') {
    const facts = { message: refused.message };
    const text = sentence(`Pods cannot be created: ${refused.reason ?? 'FailedCreate'}`, facts);
    found.push(finding('CreateFailed', deployment, text, { since: conditionTime(refused) }));
  }
  return found;
}

/** Faults of a StatefulSet: it stands still, its pods cannot be created. */
export function detectStatefulSet(object: KubeObject, context: DetectContext): Finding[] {
  const set = object as Workload;
  if (set.metadata.deletionTimestamp) return stuckDeletion(set, context);
  const wanted = set.spec?.replicas ?? 1;
  const ready = set.status?.readyReplicas ?? 0;
  if (wanted === 0 || ready >= wanted) return [];
  const since = stalledSince(set, wanted, context);
  const refused = createFailed(set, context);
  if (since === null) return refused;
  return [
    finding('StatefulSetStalled', set, `StatefulSet stands still: ${ready} of ${wanted} pods ready`, { since }),
    ...refused,
  ];
}

/** Faults of a DaemonSet: nodes without its ready pod, its pods cannot be created. */
export function detectDaemonSet(object: KubeObject, context: DetectContext): Finding[] {
  const set = object as Workload;
  if (set.metadata.deletionTimestamp) return stuckDeletion(set, context);
  const wanted = set.status?.desiredNumberScheduled ?? 0;
  const ready = set.status?.numberReady ?? 0;
  if (ready >= wanted) return [];
  const since = stalledSince(set, wanted, context);
  const refused = createFailed(set, context);
  if (since === null) return refused;
  const text = `DaemonSet is incomplete: ready on ${ready} of ${wanted} nodes`;
  return [finding('DaemonSetIncomplete', set, text, { since }), ...refused];
}

/** A Job gets its first pod within this time, unless something refuses it. */
const firstPodGraceMs = 3 * 60_000;

/** Faults of a Job: it failed for good, or its pods cannot be created. */
export function detectJob(object: KubeObject, context: DetectContext): Finding[] {
  const job = object as Job;
  if (job.metadata.deletionTimestamp) return stuckDeletion(job, context);
  if (conditionOf(job.status?.conditions, 'Complete')?.status === 'True') return [];
  const failed = conditionOf(job.status?.conditions, 'Failed');
  if (failed?.status === 'True') {
    if (laterSuccess(job, context)) return [];
    const text = sentence(`Job failed: ${failed.reason ?? 'Unknown'}`, { message: failed.message });
    return [finding('JobFailure', job, text, { since: conditionTime(failed) })];
  }
  const wanted = Math.min(job.spec?.parallelism ?? 1, job.spec?.completions ?? 1);
  if (job.spec?.suspend === true || (job.status?.active ?? 0) >= wanted) return [];
  const refused = createFailed(job, context);
  return refused.length > 0 ? refused : neverStarted(job, context);
}

/** A Job that never got a pod: what refused them is told by events only, which may be gone. */
function neverStarted(job: Job, context: DetectContext): Finding[] {
  const { active, failed, succeeded, startTime } = job.status ?? {};
  const since = timeOf(startTime);
  if ((active ?? 0) + (failed ?? 0) + (succeeded ?? 0) > 0 || since === null || context.now - since <= firstPodGraceMs)
    return [];
  // Another controller than Kubernetes' own decides when this Job starts.
  if (context.pods === undefined || context.podsCut || job.spec?.managedBy) return [];
  if (items(context.pods).some((pod) => isPodOf(pod, job))) return [];
  return [finding('CreateFailed', job, 'Pods cannot be created: the Job has started and never had one', { since })];
}

/** A pod of which only the name is known counts by its name. */
function isPodOf(pod: KubeObject, job: Job): boolean {
  if (pod.metadata.namespace !== job.metadata.namespace) return false;
  const owner = controllerOf(pod);
  return owner ? owner.uid === job.metadata.uid : pod.metadata.name.startsWith(`${job.metadata.name}-`);
}

/** Whether a younger Job of the same CronJob succeeded: the CronJob has recovered. */
function laterSuccess(job: Job, context: DetectContext): boolean {
  const owner = controllerOf(job);
  if (owner?.kind !== 'CronJob') return false;
  const created = timeOf(job.metadata.creationTimestamp) ?? 0;
  return items(context.jobs).some((other) => {
    const sibling = other as Job;
    return (
      controllerOf(sibling)?.uid === owner.uid &&
      (timeOf(sibling.metadata.creationTimestamp) ?? 0) > created &&
      conditionOf(sibling.status?.conditions, 'Complete')?.status === 'True'
    );
  });
}

/** Metrics of new pods may be missing for so long. */
const metricsGraceMs = 5 * 60_000;

/** Faults of a HorizontalPodAutoscaler: it has no metrics, or cannot find or scale its target. */
export function detectAutoscaler(object: KubeObject, context: DetectContext): Finding[] {
  const autoscaler = object as Autoscaler;
  if (autoscaler.metadata.deletionTimestamp) return stuckDeletion(autoscaler, context);
  const conditions = items(autoscaler.status?.conditions);
  const broken = ['AbleToScale', 'ScalingActive']
    .map((type) => conditionOf(conditions, type))
    // A target that somebody scaled to zero turns scaling off by design.
    .find((condition) => condition?.status === 'False' && condition.reason !== 'ScalingDisabled');
  const since = conditionTime(broken);
  if (!broken || (since !== null && context.now - since <= metricsGraceMs)) return [];
  const text = sentence(`Autoscaler does not scale: ${broken.reason ?? broken.type}`, { message: broken.message });
  return [finding('ScalingInactive', autoscaler, text, { since })];
}

/** Pods may be missing or not ready for so long: rolling updates and slow starts look the same. */
const stalledGraceMs = 3 * 60_000;

/**
 * Since when pods of a StatefulSet or DaemonSet are missing or not ready (ms); null when they are not, or not for long.
 * These kinds have no condition and no time of their own, so their pods are asked.
 */
function stalledSince(workload: Workload, wanted: number, context: DetectContext): number | null {
  const created = timeOf(workload.metadata.creationTimestamp) ?? 0;
  if (context.now - created <= stalledGraceMs) return null;
  if (context.pods === undefined) return created;
  const owned = items(context.pods).filter((pod) => controllerOf(pod)?.uid === workload.metadata.uid) as readonly Pod[];
  const standing = owned.filter((pod) => !pod.metadata.deletionTimestamp);
  const since = standing.map(notReadySince).filter((time) => time !== null);
  const oldest = since.length > 0 ? Math.min(...since) : null;
  if (oldest !== null && context.now - oldest > stalledGraceMs) return oldest;
  const refused = createEvent(context);
  if (owned.length < wanted && refused) return firstSeenOf(refused);
  return null;
}

/** Since when a pod is not Ready, null when it is. */
function notReadySince(pod: Pod): number | null {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status === 'True') return null;
  return conditionTime(ready) ?? timeOf(pod.metadata.creationTimestamp);
}

/** `CreateFailed` where only events tell that pods cannot be created (all kinds but Deployments). */
function createFailed(object: KubeObject, context: DetectContext): Finding[] {
  const event = createEvent(context);
  if (!event) return [];
  const text = sentence('Pods cannot be created: FailedCreate', { message: event.message });
  return [finding('CreateFailed', object, text, { since: firstSeenOf(event) })];
}

function createEvent(context: DetectContext): KubeEvent | null {
  return newestEvent(context, (event) => event.reason === 'FailedCreate');
}
