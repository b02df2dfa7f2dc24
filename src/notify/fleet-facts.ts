import type { FleetMember, FleetView } from '../domain/incident.ts';
import { isLive } from '../domain/incident.ts';
import type { DeliveryClaim } from '../domain/state-store.ts';
import { signatureWords } from '../domain/storm/signature.ts';
import { plural } from '../lib/text.ts';

/** What a message says of the same in several clusters, in plain words and not yet made safe for any output. */
export interface FleetFacts {
  /** Whether this message tells of all of them; else the incident only belongs to them. */
  readonly leads: boolean;
  /** `pulls from registry r.example fail`. */
  readonly what: string;
  /** `12 clusters`. */
  readonly size: string;
  /** `east (5 incidents)`, in the order in which they came. */
  readonly clusters: readonly string[];
  /** `ended in 3 of 12 clusters`, null while it stands in all of them. */
  readonly ended: string | null;
  /** Whether it ended in all clusters. */
  readonly over: boolean;
  /** What came after the last message that arrived. */
  readonly joined: readonly string[];
}

export function fleetFacts(claim: DeliveryClaim): FleetFacts | null {
  const { fleet, incident } = claim;
  if (fleet === undefined || incident === null || fleet.members.length < 2) return null;
  const byCluster = [...Map.groupBy(fleet.members, ({ cluster }) => cluster)];
  const ended = byCluster.filter(([, members]) => members.every(({ status }) => !isLive(status))).length;
  return {
    leads: fleet.lead === incident.id,
    what: signatureWords(fleet.signature),
    size: plural(byCluster.length, 'cluster'),
    clusters: byCluster.map(([cluster, members]) => `${cluster} (${plural(members.length, 'incident')})`),
    ended: ended === 0 ? null : `ended in ${ended} of ${plural(byCluster.length, 'cluster')}`,
    over: ended === byCluster.length,
    joined: newMembers(claim, fleet).map(({ cluster, title }) => `${cluster}: ${title}`),
  };
}

/** Whether the message of an incident has to tell of clusters that came after the last one that arrived. */
export function fleetGrew(claim: DeliveryClaim): boolean {
  const { fleet, incident } = claim;
  return fleet !== undefined && fleet.lead === incident?.id && newMembers(claim, fleet).length > 0;
}

function newMembers({ previous, incident }: DeliveryClaim, { members }: FleetView): readonly FleetMember[] {
  if (previous === null) return [];
  return members.filter(({ incidentId, joinedAt }) => incidentId !== incident?.id && joinedAt > previous.createdAt);
}
