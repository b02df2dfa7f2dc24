import { z } from 'zod';
import type { Notice } from '../records.ts';
import { incidentSchema } from './incident.ts';
import { iso, isoOrNull } from './times.ts';

/*
 * The body of a call of `notify.webhook`: `{type, timestamp, data}` as Standard Webhooks recommends. The event's identity
 * is the header `webhook-id`.
 */

export const incidentEventTypes = ['incident.opened', 'incident.answered', 'incident.resolved'] as const;
export type IncidentEventType = (typeof incidentEventTypes)[number];

const time = z.iso.datetime();

const answerSchema = z.object({
  /** The agent, or `built-in rules`. */
  by: z.string(),
  /** False when no language model had a part in it. */
  model: z.boolean(),
  /** Why the built-in analyst answered in the agent's place, null when the configured one did. */
  fallback: z.string().nullable(),
  evidence: z.array(z.string()).readonly(),
  next_steps: z
    .array(
      z.object({
        text: z.string(),
        command: z.string().nullable(),
        reversible: z.boolean(),
        undo: z.string().nullable().optional(),
      }),
    )
    .readonly(),
  missing: z.array(z.string()).readonly(),
  claims: z.int(),
  claims_backed: z.int(),
  duration_ms: z.int(),
  /** US dollars at list prices, null when not known. */
  usd: z.number().nullable(),
});

const incidentEventSchema = z.object({
  type: z.enum(incidentEventTypes),
  /** When it happened; the time of the attempt is in the header `webhook-timestamp`. */
  timestamp: time,
  data: z.object({
    /** As `GET /api/incidents/ID` shows it, long texts cut. */
    incident: incidentSchema,
    /** Faults, runs, acts of people and members of a storm that were left out for the size of the body. */
    omitted: z.object({ faults: z.int(), runs: z.int(), acts: z.int(), members: z.int() }),
    /** Of the latest run that ended; null before. */
    answer: answerSchema.nullable(),
    /** The page of the incident, null without `health.public_url`. */
    link: z.string().nullable(),
  }),
});
export type IncidentEvent = z.infer<typeof incidentEventSchema>;

const noticeEventSchema = z.object({
  type: z.enum([
    'clusters.first_contact',
    'clusters.unreachable',
    'clusters.back',
    'agent.degraded',
    'agent.recovered',
  ]),
  timestamp: time,
  data: z.object({
    title: z.string(),
    text: z.string(),
    clusters: z.array(z.string()).readonly(),
    since: time.nullable(),
    until: time.nullable(),
    /** First contact: incidents that were taken up without an event of their own. */
    incidents: z.int(),
    agent: z.object({ name: z.string(), runs: z.int(), retry_after_ms: z.int().nullable() }).nullable(),
  }),
});
export type NoticeEvent = z.infer<typeof noticeEventSchema>;

/** The body of a call. New keys may come. */
export const webhookEventSchema = z.discriminatedUnion('type', [incidentEventSchema, noticeEventSchema]);

const noticeTypes = {
  first_contact: 'clusters.first_contact',
  clusters_unreachable: 'clusters.unreachable',
  clusters_back: 'clusters.back',
  agent_degraded: 'agent.degraded',
  agent_recovered: 'agent.recovered',
} as const satisfies Record<string, NoticeEvent['type']>;

/** A notice about clusters or an agent as an event; `at` is when it was written, ms since the epoch. */
export function noticeEvent(
  kind: keyof typeof noticeTypes,
  notice: Notice,
  said: { readonly title: string; readonly text: string },
  at: number,
): NoticeEvent {
  const { agent, clusters, incidents, since, until } = notice;
  return {
    type: noticeTypes[kind],
    timestamp: iso(at),
    data: {
      ...said,
      clusters: clusters.slice(0, 1000),
      since: isoOrNull(since),
      until: isoOrNull(until),
      incidents,
      agent: agent === undefined ? null : { name: agent.name, runs: agent.runs, retry_after_ms: agent.retryAfterMs },
    },
  };
}
