import type { KubeObject } from '../../kube/cluster-reader.ts';
import { conditionAt, textAt, timeAt } from '../model/fields.ts';
import type { Workload } from '../model/workload.ts';

/** How the last Jobs of a CronJob went, as far as they are kept; of a Job how it went itself. */
export interface JobHistory {
  /** Those that failed since the last that is complete, newest first. */
  readonly failed: readonly KubeObject[];
  /** The newest one that is complete. */
  readonly complete: KubeObject | null;
  /** When the last one succeeded, as it stands in the evidence; empty when nothing tells. */
  readonly succeededAt: string;
}

export const isComplete = (job: KubeObject): boolean => conditionAt(job, 'Complete', 'True') !== undefined;

/** The condition that says that a Job failed; the controller sets another one first, while pods still end. */
export const failureOf = (job: KubeObject): unknown =>
  conditionAt(job, 'Failed', 'True') ?? conditionAt(job, 'FailureTarget', 'True');

export function jobHistory({ jobs, object }: Pick<Workload, 'jobs' | 'object'>): JobHistory {
  const at = jobs.findIndex(isComplete);
  const since = at < 0 ? jobs : jobs.slice(0, at);
  const complete = jobs[at] ?? null;
  return {
    failed: since.filter((job) => failureOf(job) !== undefined),
    complete,
    succeededAt: textAt(object, 'status', 'lastSuccessfulTime') || textAt(complete, 'status', 'completionTime'),
  };
}

/** `its last 3 Jobs failed, the first of them at …; it last succeeded at …`; empty when none failed. */
export function historyText({ failed, succeededAt }: JobHistory): string {
  const first = failed.at(-1);
  if (!first) return '';
  const since = textAt(first, 'status', 'startTime') || (first.metadata.creationTimestamp ?? '');
  const what =
    failed.length === 1
      ? `its last Job that ended failed`
      : `its last ${failed.length} Jobs failed, the first at ${since}`;
  return `${what}; ${succeededAt === '' ? 'no success is known' : `it last succeeded at ${succeededAt}`}`;
}

/** How long a complete Job took, in seconds; null when it does not tell. */
export function secondsOf(job: KubeObject | null): number | null {
  const started = timeAt(job, 'status', 'startTime');
  const ended = timeAt(job, 'status', 'completionTime');
  return started === null || ended === null ? null : Math.round((ended - started) / 1000);
}
