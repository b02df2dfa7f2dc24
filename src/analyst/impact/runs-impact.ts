import type { Impact, JobImpact } from '../../domain/verdict/impact.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityText } from '../model/entities.ts';
import { conditionAt, dig, numberAt, timeAt } from '../model/fields.ts';
import type { Workload } from '../model/workload.ts';
import { failureOf, isComplete, jobHistory } from '../signals/job-history.ts';

/** How the runs of a CronJob went, as far as its Jobs are kept. */
export function cronJobImpact(workload: Workload, at: number | null): Impact {
  const { entity, object, jobs } = workload;
  const { failed, succeededAt } = jobHistory(workload);
  if (object === null && jobs.length === 0) return { of: 'unknown', at, why: `${entityText(entity)} was not read` };
  const parsed = Date.parse(succeededAt);
  const good = Number.isNaN(parsed) ? null : parsed;
  // Of runs that succeeded fewer may be kept than of those that failed.
  const since = failed.filter((job) => good === null || (startOf(job) ?? Infinity) > good);
  const last = since.at(-1);
  return {
    of: 'runs',
    at,
    object: entityText(entity),
    failed: since.length,
    since: last === undefined ? null : startOf(last),
    succeeded_at: good,
    running: jobs.some((job) => goesOn(job) && (numberAt(job, 'status', 'active') ?? 0) > 0),
    suspended: dig(object, 'spec', 'suspend') === true,
  };
}

const startOf = (job: KubeObject): number | null =>
  timeAt(job, 'status', 'startTime') ?? timeAt(job, 'metadata', 'creationTimestamp');

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
    // Without a number of completions it is done with the first (the API: "any pod's success signals the success of all").
    wanted: numberAt(object, 'spec', 'completions') ?? 1,
    failed_pods: numberAt(object, 'status', 'failed') ?? 0,
  };
}

function stateOf(job: KubeObject): JobImpact['state'] {
  if (isComplete(job)) return 'complete';
  if (failureOf(job) !== undefined) return 'failed';
  return conditionAt(job, 'Suspended', 'True') === undefined ? 'going_on' : 'suspended';
}
