import { z } from 'zod';
import { type Feedback, feedbackRatings, type Found } from '../history.ts';
import type { IncidentDetail } from '../state-store.ts';
import { iso } from './times.ts';

/* What people say of answers, and what a search finds, as the API gives it. Times are ISO 8601 UTC. */

const time = z.iso.datetime();

export const feedbackSchema = z.object({
  id: z.string(),
  incident_id: z.string(),
  run_id: z.string().nullable(),
  rating: z.enum(feedbackRatings),
  author: z.string(),
  at: time,
  comment: z.string(),
});
export type FeedbackJson = z.infer<typeof feedbackSchema>;

export function feedbackJson({ id, incidentId, runId, rating, by, at, comment }: Feedback): FeedbackJson {
  return {
    id,
    incident_id: incidentId,
    run_id: runId,
    rating,
    author: by,
    at: iso(at),
    comment,
  };
}

/**
 * What is known of a case for the eval, as a `scenario.yaml` (docs/formats.md): the fault as it was received, and of an answer
 * that was wrong the cause that must not be named again. Whoever adds the recorded cluster says `is_fault` and `root_cause`;
 * until then it is answered and not scored. `told` and `said` are for that person alone.
 */
export function feedbackScenario(feedback: Feedback, { incident, faults, runs }: IncidentDetail): object {
  const { owner, resource, titleFault } = incident;
  const run = runs.find(({ id }) => id === feedback.runId);
  const told = run?.result?.rootCause?.mechanism;
  return {
    id: feedback.id,
    title: incident.title,
    recorded_at: iso(feedback.at),
    focus: { kind: owner.kind, namespace: owner.namespace, name: owner.name },
    trigger: {
      faultType: titleFault.faultType,
      severity: titleFault.severity,
      resource,
      context: contextOf(faults, titleFault.faultType),
    },
    forbidden_claims: feedback.rating === 'wrong' && told !== undefined ? [told] : [],
    told: run?.result?.cause ?? incident.cause,
    said: feedback.comment,
  };
}

function contextOf(faults: IncidentDetail['faults'], faultType: string): string {
  return (faults.find((fault) => fault.faultType === faultType) ?? faults[0])?.context ?? '';
}

export const foundSchema = z.object({
  kind: z.enum(['incident', 'fault']),
  cluster: z.string(),
  incident_id: z.string().nullable(),
  title: z.string(),
  excerpt: z.string(),
  at: time,
});
export type FoundJson = z.infer<typeof foundSchema>;

export function foundJson({ kind, cluster, incidentId, title, excerpt, at }: Found): FoundJson {
  return { kind, cluster, incident_id: incidentId, title, excerpt, at: iso(at) };
}
