import { z } from 'zod';
import { actKinds, type IncidentAct } from '../people/incident-act.ts';
import type { Reopening } from '../people/reopening.ts';
import type { Incident } from '../records.ts';
import { iso, isoOrNull } from './times.ts';

/* What people did with an incident, as the API and webhooks give it. Times are ISO 8601 UTC. */

const time = z.iso.datetime();

/** Who has an incident in hand. */
export const acknowledgedSchema = z.object({ by: z.string(), at: time, comment: z.string() });

/** What a person did with an incident; `done` false: it was so already, and only what they said is kept. */
export const actSchema = z.object({
  kind: z.enum(actKinds),
  by: z.string(),
  at: time,
  comment: z.string(),
  done: z.boolean(),
  /** The run that was asked for. */
  run_id: z.string().nullable(),
});

/** An incident that had ended was opened again; `end_reason` and `ended_at`: how it had ended. */
export const reopeningSchema = z.object({
  at: time,
  fault_type: z.string(),
  resource: z.object({ kind: z.string(), namespace: z.string().nullable(), name: z.string() }),
  /** That fault stood all the while. */
  goes_on: z.boolean(),
  end_reason: z.string().nullable(),
  ended_at: time.nullable(),
});

export function acknowledgedJson({ acknowledged }: Incident): z.infer<typeof acknowledgedSchema> | null {
  if (!acknowledged) return null;
  const { by, at, comment } = acknowledged;
  return { by, at: iso(at), comment };
}

export function actJson({ kind, by, at, comment, done, runId }: IncidentAct): z.infer<typeof actSchema> {
  return { kind, by, at: iso(at), comment, done, run_id: runId };
}

export function reopeningJson(reopening: Reopening): z.infer<typeof reopeningSchema> {
  const { at, faultType, resource, goesOn, endReason, endedAt } = reopening;
  return {
    at: iso(at),
    fault_type: faultType,
    resource,
    goes_on: goesOn,
    end_reason: endReason,
    ended_at: isoOrNull(endedAt),
  };
}
