import { ofCluster, type StormLimits, type StormPolicy } from '../cluster-policy.ts';
import type { FaultSignal, Signs, StormMember } from '../fault.ts';
import { isGathering } from '../incident.ts';
import type { Incident } from '../records.ts';
import type { StorePolicy } from '../state-store.ts';
import { explains } from './common-factor.ts';

/** What gathering depends on, as it is in the transaction. */
export interface StormFacts {
  readonly signal: FaultSignal;
  readonly at: number;
  /** Stood for long before anybody looked: it opens its incident without a message, and is no storm. */
  readonly quiet: boolean;
  readonly signs: Signs;
  /** The storm of the cluster that gathers. */
  storm(): Incident | null;
  /** Storms of the cluster that are over and still stand, the latest first. */
  endedStorms(): readonly Incident[];
  /** Whether a fault of a node of the cluster itself stands. */
  nodeIsFaulty(node: string): boolean;
  /** What live storms stand for this owner, with a fault of it that stands; the oldest first. */
  ownerMembers(): readonly { readonly incident: Incident; readonly member: StormMember }[];
  /** Incidents that were opened, or would have been, since a time: of a cluster, or of all; counted up to `limit`. */
  openings(since: number, limit: number, cluster: string | null): number;
}

export interface Gathering {
  readonly kind: 'storm';
  /** Null: a storm begins. */
  readonly incident: Incident | null;
  readonly rule: string;
}

/** The limits of a cluster: its own, else the fleet's. */
export function stormLimits(policy: StormPolicy, cluster: string): StormLimits {
  return ofCluster(policy.own, cluster) ?? policy;
}

/**
 * Whether a storm takes in what would open or reopen an incident: one that gathers takes all, one that has just ended
 * what meets the same broken thing, and over the limits of `intake.storm` one begins. What a person asks about, and what
 * stood for long before the first contact, is never part of one.
 */
export function gathered(facts: StormFacts, policy: Pick<StorePolicy, 'storm' | 'reopenWindowMs'>): Gathering | null {
  const { signal, quiet } = facts;
  if (quiet || signal.source === 'manual') return null;
  const gathers = facts.storm();
  if (gathers?.storm !== undefined) return { kind: 'storm', incident: gathers, rule: gathers.storm.rule };
  const ended = facts.endedStorms().find((incident) => takesInAfter(incident, facts, policy.reopenWindowMs));
  if (ended?.storm?.cause) {
    const { sign, value } = ended.storm.cause;
    return { kind: 'storm', incident: ended, rule: `${sign} ${value}, as in the storm before` };
  }
  const rule = reachedLimit(facts, policy.storm);
  return rule === null ? null : { kind: 'storm', incident: null, rule };
}

/**
 * Whether a storm that is over takes in one more fault. Its run is over and nobody is told of it, so that must be sure:
 * the same thing is broken, and was a short while ago. That a pod runs on the node of a storm says nothing once the node
 * itself is well.
 */
function takesInAfter({ storm }: Incident, facts: StormFacts, withinMs: number): boolean {
  const { at, signal, signs } = facts;
  if (storm?.cause == null || storm.endedAt === null || at - storm.endedAt > withinMs) return false;
  if (!explains(storm.cause, signs)) return false;
  return storm.cause.sign !== 'node' || signal.resource.kind === 'Node' || facts.nodeIsFaulty(storm.cause.value);
}

function reachedLimit(facts: StormFacts, policy: StormPolicy): string | null {
  const { signal, at } = facts;
  const { perCluster, windowMs } = stormLimits(policy, signal.cluster);
  if (perCluster > 0 && facts.openings(at - windowMs, perCluster, signal.cluster) >= perCluster) {
    return `intake.storm.per_cluster: ${perCluster}`;
  }
  const { fleet } = policy;
  return fleet > 0 && facts.openings(at - policy.windowMs, fleet, null) >= fleet
    ? `intake.storm.fleet: ${fleet}`
    : null;
}

/** Whether a storm that gathers took nothing in for so long that it is over. */
export function isOver(incident: Incident, policy: StormPolicy, at: number): boolean {
  if (incident.storm === undefined || !isGathering(incident)) return false;
  return at - incident.storm.lastMemberAt >= stormLimits(policy, incident.cluster).endAfterMs;
}
