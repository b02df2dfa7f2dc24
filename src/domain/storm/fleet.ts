import { type FleetPolicy, ofCluster } from '../cluster-policy.ts';
import type { Fleet } from '../incident.ts';

/** An incident in which a signature was seen. `told`: people may have seen a message about it. */
export interface Sighting {
  readonly incidentId: string;
  readonly cluster: string;
  readonly told: boolean;
}

/**
 * The fleet incident that begins with what was seen within the window, the oldest first; null while too few clusters are
 * concerned. It is told by the message of the incident that leads it: one that was told already, else the first.
 */
export function beginFleet(
  seen: readonly Sighting[],
  known: Pick<Fleet, 'id' | 'signature'>,
  { minClusters }: FleetPolicy,
  at: number,
): Fleet | null {
  const lead = seen.find(({ told }) => told) ?? seen[0];
  const clusters = new Set(seen.map(({ cluster }) => cluster)).size;
  if (lead === undefined || minClusters < 2 || clusters < minClusters) return null;
  return { ...known, lead: lead.incidentId, startedAt: at, lastAt: at };
}

/** Whether people of two clusters read the same Slack channel. */
export function shareChannel({ channels }: FleetPolicy, a: string, b: string): boolean {
  const channelOf = (cluster: string): string => ofCluster(channels, cluster) ?? '';
  return channelOf(a) === channelOf(b);
}
