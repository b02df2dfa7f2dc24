import { z } from 'zod';
import { families, severities, signNames, type StormState, type StormView } from '../fault.ts';
import type { FleetView } from '../incident.ts';
import { type Incident, incidentStatuses } from '../records.ts';
import { iso, isoOrNull } from './times.ts';

/* What `incident.json` and the read API show of storms and fleet incidents. */

const time = z.iso.datetime();

export const resourceSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string(),
  uid: z.string().nullable(),
});

export const ownerSchema = z.object({
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string(),
  /** False when it was guessed from names. */
  certain: z.boolean(),
});

const sharedSchema = z.object({ sign: z.enum(signNames), value: z.string(), count: z.int(), of: z.int() });

/** What makes an incident a storm. */
export const stormSchema = z.object({
  started_at: time,
  last_member_at: time,
  /** Null while what would open incidents is gathered. */
  ended_at: time.nullable(),
  /** The limit that was reached. */
  rule: z.string(),
  /** How many incidents it stands for. */
  count: z.int(),
  /** What most of them share, null when nothing does. */
  common: sharedSchema.nullable(),
  shared: z.array(sharedSchema).readonly(),
  /** Each of them, in the order in which they would have been opened. */
  members: z.array(
    z.object({
      owner: ownerSchema,
      family: z.enum(families),
      fault_type: z.string(),
      severity: z.enum(severities),
      resource: resourceSchema,
      at: time,
      /** The incident that it got after the storm. */
      incident_id: z.string().nullable(),
    }),
  ),
});
type StormJson = z.infer<typeof stormSchema>;

/** The same in several clusters. */
export const fleetSchema = z.object({
  id: z.string(),
  /** `registry HOST`, `image IMAGE` or `cause FAMILY MECHANISM VALUE`. */
  signature: z.string(),
  /** The incident whose message tells of all of them; null where only the row of the incident is read. */
  lead: z.string().nullable(),
  incidents: z.array(
    z.object({ id: z.string(), cluster: z.string(), status: z.enum(incidentStatuses), title: z.string() }),
  ),
});

/** A storm without the view of its members tells what its row tells. */
export function stormJson(storm: StormState, view: StormView | undefined): StormJson {
  return {
    started_at: iso(storm.startedAt),
    last_member_at: iso(storm.lastMemberAt),
    ended_at: isoOrNull(storm.endedAt),
    rule: storm.rule,
    count: storm.members,
    common: view?.common ?? storm.cause,
    shared: view?.shared ?? [],
    members: (view?.members ?? []).map((member) => ({
      owner: member.owner,
      family: member.family,
      fault_type: member.faultType,
      severity: member.severity,
      resource: member.resource,
      at: iso(member.at),
      incident_id: member.incidentId,
    })),
  };
}

export function fleetJson(
  { id, signature }: NonNullable<Incident['fleet']>,
  view?: FleetView,
): z.infer<typeof fleetSchema> {
  const incidents = (view?.members ?? []).map(({ incidentId, cluster, status, title }) => {
    return { id: incidentId, cluster, status, title };
  });
  return { id, signature, lead: view?.lead ?? null, incidents };
}
