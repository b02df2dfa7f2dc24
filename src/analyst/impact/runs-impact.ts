import type { Impact, JobImpact } from '../../domain/verdict/impact.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityText } from '../model/entities.ts';
import { conditionAt, dig, numberAt, timeAt } from '../model/fields.ts';
import type { Workload } from '../model/workload.ts';
import { failureOf, isComplete } from '../signals/job-history.ts';

/** How the runs of a CronJob went, as far as its Jobs are kept. */
export function cronJobImpact(workload: Workload, at: number | null): Impact {
  const { entity, object, jobs } = workload;
  if (object === null && jobs.length === 0) return { of: 'unknown', at, why: `${entityText(entity)} was not read` };
  const good = succeededAt(workload);
  // A run can begin before another one succeeds, and fail after it.
  const failed = jobs.filter(
    (job) => failureOf(job) !== undefined && (good === null || (endOf(job) ?? Infinity) > good),
  );
  const first = failed.toSorted((a, b) => (startOf(a) ?? Infinity) - (startOf(b) ?? Infinity))[0];
  const atLeast = first !== undefined && mayLackSome(workload, { failed: failed.length, first, good });
  const scheduled = timeAt(object, 'status', 'lastScheduleTime');
  return {
    of: 'runs',
    at,
    object: entityText(entity),
    failed: failed.length,
    at_least: atLeast,
    since: first === undefined || atLeast ? null : startOf(first),
    succeeded_at: good,
    scheduled_at: failed.length === 0 && scheduled !== null && scheduled > (good ?? 0) ? scheduled : null,
    running: jobs.some((job) => goesOn(job) && (numberAt(job, 'status', 'active') ?? 0) > 0),
    suspended: dig(object, 'spec', 'suspend') === true,
  };
}

/** By the CronJob and by its Jobs, whichever knows of the later one. */
function succeededAt({ object, jobs }: Workload): number | null {
  const times = [
    timeAt(object, 'status', 'lastSuccessfulTime'),
    ...jobs.filter(isComplete).map((job) => timeAt(job, 'status', 'completionTime')),
  ].flatMap((time) => time ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

/** The condition that a Job failed is set once, when it ends. */
const endOf = (job: KubeObject): number | null => timeAt(failureOf(job), 'lastTransitionTime') ?? startOf(job);

const startOf = (job: KubeObject): number | null =>
  timeAt(job, 'status', 'startTime') ?? timeAt(job, 'metadata', 'creationTimestamp');

/** The API's default: one failed Job is kept. */
const keptFailures = 1;

/**
 * Whether runs may have failed before the first one that is kept: as many are kept as may be, Jobs are deleted some time
 * after their end, or more time passed between the success and it than between any two of the other runs that are kept.
 */
function mayLackSome(
  { object, jobs }: Workload,
  { failed, first, good }: { readonly failed: number; readonly first: KubeObject; readonly good: number | null },
): boolean {
  if (failed >= (numberAt(object, 'spec', 'failedJobsHistoryLimit') ?? keptFailures)) return true;
  if (numberAt(object, 'spec', 'jobTemplate', 'spec', 'ttlSecondsAfterFinished') !== null) return true;
  if (good === null) return false;
  const starts = jobs.flatMap((job) => startOf(job) ?? []).toSorted((a, b) => a - b);
  const at = starts.indexOf(startOf(first) ?? 0);
  const gaps = starts.slice(1).map((start, before) => start - (starts[before] ?? start));
  const before = gaps[at - 1];
  const others = gaps.filter((_, index) => index !== at - 1);
  // A run starts late at times, so only what is half as long again is a gap.
  return before === undefined || others.length === 0 || before > 1.5 * Math.max(...others);
}

const goesOn = (job: KubeObject): boolean => !isComplete(job) && failureOf(job) === undefined;

/** How much of its work a Job has done. */
export function jobImpact({ entity, object }: Workload, at: number | null): Impact {
  const name = entityText(entity);
  if (object === null) return { of: 'unknown', at, why: `${name} was not read` };
  return {
    of: 'job',
    at,
    object: name,
    state: stateOf(object),
    done: numberAt(object, 'status', 'succeeded') ?? 0,
    // With a parallelism and no completions it is a work queue; with neither the API takes one of each.
    wanted: numberAt(object, 'spec', 'completions') ?? (numberAt(object, 'spec', 'parallelism') === null ? 1 : null),
    failed_pods: numberAt(object, 'status', 'failed') ?? 0,
  };
}

function stateOf(job: KubeObject): JobImpact['state'] {
  if (isComplete(job)) return 'complete';
  if (failureOf(job) !== undefined) return 'failed';
  return conditionAt(job, 'Suspended', 'True') === undefined ? 'going_on' : 'suspended';
}
