import { z } from 'zod';

/*
 * What an incident means for those who use what it is about, as the evidence shows it at one time: counts, never a
 * cause. It is kept in `findings.json`, with the run and with the incident. Times are ms since the epoch. What is optional
 * is not in what was kept before it was told.
 */

const text = z.string();
const count = z.int();
const time = z.number().nullable();

/** When the evidence was read; null where that is not known. */
const at = time;

/**
 * `basis`: what the pods are counted of. `wanted`: of those that the status of the workload wants, ready by its status;
 * `read`: of the pods that were read, where no status says how many are wanted.
 */
const basis = z.enum(['wanted', 'read']);

const podsImpactSchema = z.object({
  of: z.literal('pods'),
  at,
  ready: count,
  pods: count,
  basis,
  /** Whom the pods belong to, what lacks most first; a few of `workload_count`. */
  workloads: z.array(z.object({ object: text, ready: count, pods: count })).readonly(),
  workload_count: count,
  /** The incident is about more objects than were counted. */
  at_least: z.boolean().optional(),
  /**
   * Ready pods by revision while the newest one lacks some, all of them, also those beyond what is wanted; null where it
   * lacks none, and where the evidence does not tell revisions apart.
   */
  revisions: z.object({ before: count, newest: count }).nullable(),
  /** Ready pods with a container that keeps ending. */
  crashing: count,
  /** Since when none is ready, where as many as are wanted had been. */
  since: time,
  /** Services that lead to these pods, with their ready addresses of all families; those without any first, a few of them. */
  services: z.array(z.object({ object: text, endpoints: count })).readonly(),
  /** Whose logs say that their calls to these Services fail, a few of them. */
  callers: z.array(text).readonly(),
  /**
   * `false`: each workload has a Service, and none of those that lead here has an endpoint. `true`: the newest revision
   * lacks pods, and with those of the one before as many are ready as are wanted, each Service has an endpoint, and
   * nothing that was read calls them in vain. Null: the evidence does not say either, as where a Service that leads here
   * was not read, where no pod is wanted and where it lacks them by design.
   */
  serves: z.boolean().nullable(),
  /** It lacks pods by design, as the analyst judges its health. */
  by_design: z.boolean(),
});
export type PodsImpact = z.infer<typeof podsImpactSchema>;

const runsImpactSchema = z.object({
  of: z.literal('runs'),
  at,
  object: text,
  /** Runs that failed after the last that succeeded, of those that are kept. */
  failed: count,
  /** More of them may have failed that are not kept. */
  at_least: z.boolean().optional(),
  /** When the first of them began; null where earlier ones may not be kept. */
  since: time,
  /** When the last one that succeeded ended. */
  succeeded_at: time,
  /** When a run was scheduled after that of which no Job tells that it failed; null where the last one succeeded or failed. */
  scheduled_at: time.optional(),
  /** A run is going on. */
  running: z.boolean(),
  suspended: z.boolean(),
});
export type RunsImpact = z.infer<typeof runsImpactSchema>;

const jobImpactSchema = z.object({
  of: z.literal('job'),
  at,
  object: text,
  state: z.enum(['complete', 'failed', 'suspended', 'going_on']),
  done: count,
  /** Completions that it wants; null for a work queue, which names none and ends when a pod of it finds no more work. */
  wanted: count.nullable(),
  failed_pods: count,
});
export type JobImpact = z.infer<typeof jobImpactSchema>;

const nodeImpactSchema = z.object({
  of: z.literal('node'),
  at,
  object: text,
  ready: count,
  /** Pods on it that were read and have not ended. */
  pods: count,
  /** Whom they belong to, the most pods first; a few of `workload_count`. */
  workloads: z.array(z.object({ object: text, pods: count })).readonly(),
  workload_count: count,
});
export type NodeImpact = z.infer<typeof nodeImpactSchema>;

const unknownImpactSchema = z.object({
  of: z.literal('unknown'),
  at,
  /** Why the evidence does not say, a clause. */
  why: text,
});

export const impactSchema = z.discriminatedUnion('of', [
  podsImpactSchema,
  runsImpactSchema,
  jobImpactSchema,
  nodeImpactSchema,
  unknownImpactSchema,
]);
export type Impact = z.infer<typeof impactSchema>;
