import type { KubeObject } from '../cluster-reader.ts';
import { type Job, conditionOf, conditionTime, controllerOf, items, timeOf } from '../objects.ts';
import { sentence } from './container.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { createFailed } from './stalled.ts';
import { stuckDeletion } from './stuck.ts';

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
  return createFailed(job, context);
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
