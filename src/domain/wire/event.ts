import { z } from 'zod';
import { type Delivery, deliveryKinds, deliveryStatuses, deliveryTargets } from '../records.ts';
import type { StoreChange } from '../state-store.ts';
import { connectionSchema } from './cluster.ts';
import { acknowledgedJson } from './acts.ts';
import {
  impactJson,
  incidentJson,
  incidentSchema,
  listedFaultJson,
  listedFaultSchema,
  runJson,
  runSchema,
} from './incident.ts';
import { feedbackJson, feedbackSchema } from './feedback.ts';
import { agentQuestionJson, agentQuestionSchema } from './question.ts';
import { silenceJson, silenceSchema } from './silence.ts';
import { iso, isoOrNull } from './times.ts';

const time = z.iso.datetime();

const deliverySchema = z.object({
  id: z.string(),
  target: z.enum(deliveryTargets),
  kind: z.enum(deliveryKinds),
  incident_id: z.string().nullable(),
  state: z.string(),
  status: z.enum(deliveryStatuses),
  attempts: z.int(),
  created_at: time,
  sent_at: time.nullable(),
  error: z.string().nullable(),
  cluster: z.string().nullable(),
});

/**
 * One event of `GET /api/events`: a connection, or a row that changed as the read API shows it, an incident without its
 * faults and runs.
 */
export const streamEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connection'), data: connectionSchema }),
  z.object({ event: z.literal('fault'), data: listedFaultSchema }),
  z.object({
    event: z.literal('incident'),
    data: incidentSchema.omit({
      faults: true,
      reported_at: true,
      resolved_at: true,
      reopened: true,
      previous_id: true,
      acts: true,
      reopenings: true,
      runs: true,
    }),
  }),
  z.object({ event: z.literal('run'), data: runSchema.extend({ incident_id: z.string(), cluster: z.string() }) }),
  z.object({ event: z.literal('delivery'), data: deliverySchema }),
  z.object({ event: z.literal('silence'), data: silenceSchema }),
  z.object({ event: z.literal('feedback'), data: feedbackSchema.extend({ cluster: z.string() }) }),
  z.object({ event: z.literal('question'), data: agentQuestionSchema }),
]);
export type StreamEvent = z.infer<typeof streamEventSchema>;

/** A change of the store as an event; `now` in ms since the epoch. */
export function changeEvent(change: StoreChange, now: number): StreamEvent {
  switch (change.type) {
    case 'fault':
      return { event: 'fault', data: listedFaultJson(change.fault) };
    case 'incident': {
      const { faults: _, ...incident } = incidentJson(change.incident, []);
      const { statusReason, cause, confidence, report } = change.incident;
      const acknowledged = acknowledgedJson(change.incident);
      const impact = impactJson(change.incident);
      const found = { status_reason: statusReason, cause, confidence, impact, report, acknowledged };
      return { event: 'incident', data: { ...incident, ...found } };
    }
    case 'run':
      return {
        event: 'run',
        data: { ...runJson(change.run), incident_id: change.run.incidentId, cluster: change.cluster },
      };
    case 'silence':
      return { event: 'silence', data: silenceJson(change.silence, now) };
    case 'feedback':
      return { event: 'feedback', data: { ...feedbackJson(change.feedback), cluster: change.cluster } };
    case 'question':
      return { event: 'question', data: agentQuestionJson(change.question) };
    case 'delivery':
    default:
      return { event: 'delivery', data: { ...deliveryJson(change.delivery), cluster: change.cluster } };
  }
}

function deliveryJson(delivery: Delivery): Omit<z.infer<typeof deliverySchema>, 'cluster'> {
  return {
    id: delivery.id,
    target: delivery.target,
    kind: delivery.kind,
    incident_id: delivery.incidentId,
    state: delivery.state,
    status: delivery.status,
    attempts: delivery.attempts,
    created_at: iso(delivery.createdAt),
    sent_at: isoOrNull(delivery.sentAt),
    error: delivery.error,
  };
}
