import { familyIn, joinsAnyFamily } from '../fault-types.ts';
import {
  compareSeverity,
  type FaultSignal,
  type Outcome,
  type OwnerRef,
  type Silence,
  type StormMember,
} from '../fault.ts';
import { isLive } from '../incident.ts';
import { silenceRule } from '../silence/silences.ts';
import type { FaultEpisode, Incident } from '../records.ts';
import type { ClusterPolicy, StorePolicy } from '../state-store.ts';
import { type Pending, pendingOf } from './pending.ts';
import { type Gathering, gathered, type StormFacts } from '../storm/limits.ts';

/**
 * What the outcome of a received fault depends on, as it is in the transaction in which the decision is written. What
 * only some decisions need is asked for.
 */
export interface OutcomeFacts extends StormFacts {
  readonly signal: FaultSignal;
  readonly owner: OwnerRef;
  /** When it is decided, not before it was received; ms since the epoch. */
  readonly at: number;
  readonly cluster: ClusterPolicy;
  /** The episode of the same identity that has not cleared. */
  readonly active: FaultEpisode | null;
  /** The incident of the active episode. */
  readonly activeIncident: Incident | null;
  /** Episodes of the cluster that have not cleared. */
  readonly openFaults: number;
  /** Live incidents of the same root owner, oldest first. */
  ownerIncidents(): readonly Incident[];
  /** Whether all that stands of a live incident only follows from other faults. */
  yieldsFamily(incident: Incident): boolean;
  /** The live incident of the pod's node, with a fault of the node that stands. */
  nodeIncident(): Incident | null;
  /** Resolved incidents of the same root owner, the latest first. */
  resolved(): readonly Incident[];
  /** Whether the active episode is pending because of this very reception, whose time has come. */
  readonly isOwn: boolean;
  /** The pending fault of the pod's node. */
  pendingNode(): FaultEpisode | null;
  /** The silence that it fits now; null for what a person asks about. */
  silence(): Silence | null;
}

export type Decision =
  | { readonly kind: 'repeat'; readonly rule: string }
  /** Active, and nobody is told yet. */
  | ({ readonly kind: 'wait' } & Pending)
  /** Kept and listed, no incident. */
  | { readonly kind: 'record'; readonly outcome: Outcome; readonly rule: string }
  /** Not even an episode: over a limit. */
  | { readonly kind: 'refuse'; readonly outcome: Outcome; readonly rule: string }
  | {
      readonly kind: 'merge';
      readonly incident: Incident;
      readonly rule: string;
      readonly takesFamily: boolean;
      /** What a storm stands for of its owner. */
      readonly member?: StormMember;
    }
  | { readonly kind: 'reopen'; readonly incident: Incident; readonly rule: string }
  | { readonly kind: 'open'; readonly previousId: string | null }
  /** It would open or reopen one, and a storm takes it in instead. */
  | Gathering;

/**
 * The one outcome of a received fault, asked for by `decide/settle.ts` alone. What never gets here opens nothing:
 * notifications that are unusable (`cluster/connection/fault-message.ts`) or over `max_faults_per_second`
 * (`notification-gate.ts` there), findings that stood at
 * the sweep before or are over `max_open_faults_per_cluster` (`operations/sweep.ts`), and what waits of a cluster that was
 * taken out of the configuration (`operations/orders.ts`).
 *
 * An active fault is a repeat, unless it has no incident
 * (it was below the threshold, triage was off, or it was silenced) or its incident was ended by a person and the fault then stayed away
 * for longer than the dedup window.
 */
export function decideOutcome(facts: OutcomeFacts, policy: StorePolicy): Decision {
  if (facts.active !== null && isRepeat(facts, facts.active, policy)) return repeat(facts, facts.active);
  const { signal, cluster } = facts;
  if (facts.active === null && facts.openFaults >= policy.maxOpenFaultsPerCluster) {
    return {
      kind: 'refuse',
      outcome: 'throttled',
      rule: `max_open_faults_per_cluster: ${policy.maxOpenFaultsPerCluster}`,
    };
  }
  const held = heldBack(signal, cluster, () => facts.silence());
  if (held !== null) {
    return facts.active === null || facts.isOwn ? held : { kind: 'repeat', rule: `active, ${held.rule}` };
  }
  const placed = place(facts, policy);
  return placed.kind === 'open' || placed.kind === 'reopen' ? (gathered(facts, policy) ?? placed) : placed;
}

/** Whether one more of an active fault is a repeat; of one without an incident what holds it back decides. */
export function isRepeat(
  facts: Pick<OutcomeFacts, 'activeIncident' | 'at' | 'isOwn'>,
  active: FaultEpisode,
  policy: Pick<StorePolicy, 'dedupWindowMs'>,
): boolean {
  if (active.outcome === null) return !facts.isOwn;
  if (facts.activeIncident === null) return false;
  if (isLive(facts.activeIncident.status)) return true;
  return facts.at - active.lastSeen <= policy.dedupWindowMs;
}

function repeat(facts: OutcomeFacts, active: FaultEpisode): Decision {
  const ended = facts.activeIncident !== null && !isLive(facts.activeIncident.status);
  return {
    kind: 'repeat',
    rule: ended ? 'dedup_window' : `active since ${new Date(active.firstSeen).toISOString()}`,
  };
}

/** Whether a fault opens no incident: because of its severity, because triage is off, or because it is silenced. */
export function isHeldBack(signal: FaultSignal, cluster: ClusterPolicy, silence: () => Silence | null): boolean {
  return heldBack(signal, cluster, silence) !== null;
}

/** A silence comes last: the others hold it back after the silence has ended too. */
function heldBack(
  signal: FaultSignal,
  cluster: ClusterPolicy,
  silence: () => Silence | null,
): (Decision & { kind: 'record' }) | null {
  if (compareSeverity(signal.severity, cluster.severityThreshold) < 0) {
    return { kind: 'record', outcome: 'below_threshold', rule: `severity_threshold: ${cluster.severityThreshold}` };
  }
  if (!cluster.triageEnabled) {
    return {
      kind: 'record',
      outcome: 'triage_disabled',
      rule: cluster.triageDisabledReason ?? 'triage.enabled: false',
    };
  }
  const by = silence();
  return by === null ? null : { kind: 'record', outcome: 'muted', rule: silenceRule(by.id) };
}

function place(facts: OutcomeFacts, policy: StorePolicy): Decision {
  const { signal } = facts;
  const ownerIncidents = facts.ownerIncidents();
  const family = familyIn(signal, facts.owner);
  const same = ownerIncidents.find((incident) => incident.family === family);
  if (same) return { kind: 'merge', incident: same, rule: 'same owner and family', takesFamily: false };
  const any = ownerIncidents[0];
  if (any && joins(signal)) {
    return { kind: 'merge', incident: any, rule: 'same owner', takesFamily: false };
  }
  const pending = pendingOf({ ...facts, own: facts.isOwn ? facts.active : null }, policy);
  const yielding = ownerIncidents.find((incident) => facts.yieldsFamily(incident));
  if (yielding && pending === null) return { kind: 'merge', incident: yielding, rule: 'same owner', takesFamily: true };
  const inStorm = facts
    .ownerMembers()
    .find(({ member }) => member.family === family || joins(signal) || joinsAnyFamily(member.faultType));
  if (inStorm) return { kind: 'merge', rule: 'same owner, in a storm', takesFamily: false, ...inStorm };
  const nodeIncident = facts.nodeIncident();
  if (nodeIncident) {
    return { kind: 'merge', incident: nodeIncident, rule: `on node ${nodeIncident.owner.name}`, takesFamily: false };
  }
  if (pending !== null) return { kind: 'wait', ...pending };
  const earlier = facts.resolved().find((incident) => incident.family === family || joins(signal));
  if (!earlier) return { kind: 'open', previousId: null };
  const within = facts.at - (earlier.resolvedAt ?? 0) <= policy.reopenWindowMs;
  return within
    ? { kind: 'reopen', incident: earlier, rule: 'reopen_window' }
    : { kind: 'open', previousId: earlier.id };
}

/** Whether it joins any incident of its owner: what follows from other faults, and what a person asks about. */
function joins(signal: FaultSignal): boolean {
  return signal.source === 'manual' || joinsAnyFamily(signal.faultType);
}

/** Order within a batch: nodes first, what only follows from other faults last, so that each finds what it joins. */
export function settleRank(signal: FaultSignal | null): number {
  if (signal === null) return 1;
  if (isNodeFault(signal)) return 0;
  return joinsAnyFamily(signal.faultType) ? 2 : 1;
}

/** A fault of a node itself, which takes in those of its pods. */
export function isNodeFault(fault: Pick<FaultSignal, 'faultType' | 'resource'>): boolean {
  return fault.resource.kind === 'Node' && (fault.faultType === 'NodeUnhealthy' || fault.faultType === 'NodePressure');
}
