import type { KubeObject } from '../cluster-reader.ts';
import { type Job, conditionOf, conditionTime, controllerOf, items, timeOf } from '../objects.ts';
import { sentence } from './container.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { createFailed } from './stalled.ts';
import { stuckDeletion } from './stuck.ts';

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
  const { active = 0, failed = 0, succeeded = 0, startTime } = job.status ?? {};
  const since = timeOf(startTime);
  if (active + failed + succeeded > 0 || since === null || context.now - since <= firstPodGraceMs) return [];
  // Another controller than Kubernetes' own decides when this Job starts.
  if (context.pods === undefined || (job.spec as { managedBy?: string } | undefined)?.managedBy !== undefined)
    return [];
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
