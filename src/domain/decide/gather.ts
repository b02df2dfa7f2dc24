import { plural } from '../../lib/text.ts';
import { familyIn } from '../fault-types.ts';
import {
  compareSeverity,
  type ObjectRef,
  type OwnerRef,
  type SharedSign,
  type StormMember,
  type StormState,
  type StormView,
} from '../fault.ts';
import { blankIncident, endIncident, objectKey } from '../incident.ts';
import type { FaultEpisode, Incident, Run } from '../records.ts';
import { faultSignature } from '../storm/signature.ts';
import { mergeSigns, signsOf } from '../storm/signs.ts';
import type { OutcomeFacts } from './outcome.ts';
import { announce, type DecisionContext, type Draft, draftOf, putIncident, putRun, write, type Write } from './plan.ts';
import { cancelRun, isUnstarted, queueRun, withSeverity } from './run.ts';
import type { Gathering } from '../storm/limits.ts';

/** An incident that a storm may take in, with everything that goes with it. */
export interface Absorbable {
  readonly incident: Incident;
  readonly run: Run | null;
  /** All its episodes, also those that have cleared. */
  readonly episodes: readonly FaultEpisode[];
}

/** What a storm depends on when it takes something in. */
export interface GatherFacts extends OutcomeFacts {
  readonly owner: OwnerRef;
  readonly reception: { readonly at: number };
  /** The run of an incident that waits or runs. */
  liveRun(incidentId: string): Run | null;
  /** Incidents of the cluster that were opened within the window of the limit. */
  justOpened(): readonly Absorbable[];
}

/** The storm incident that takes a fault in, with the fault as its member; a new one takes in what was just opened too. */
export function gather(facts: GatherFacts, decision: Gathering, context: DecisionContext): Draft {
  const member = memberOf(facts, decision.incident?.id ?? '');
  if (decision.incident === null) return beginStorm(facts, member, decision.rule, context);
  const draft = draftOf(decision.incident, facts.liveRun(decision.incident.id));
  return tellGrowth(addMember(draft, member, context.at));
}

/** What a fault that joins a member's owner changes of a storm that stands for it already. */
export function deepenMember(known: StormMember, fault: FaultEpisode): StormMember {
  const signs = mergeSigns(known.signs, signsOf(fault, fault));
  const signature = known.signature ?? faultSignature(fault);
  if (compareSeverity(fault.severity, known.severity) <= 0) return { ...known, signs, signature };
  const { severity, faultType, resource } = fault;
  return { ...known, signs, signature, severity, faultType, resource };
}

function memberOf({ signal, owner, reception, signs }: GatherFacts, stormId: string): StormMember {
  const { faultType, severity, resource } = signal;
  const family = familyIn(signal, owner);
  const signature = faultSignature(signal);
  return {
    stormId,
    owner,
    family,
    faultType,
    severity,
    resource,
    at: reception.at,
    signs,
    signature,
    incidentId: null,
  };
}

function beginStorm(facts: GatherFacts, first: StormMember, rule: string, context: DecisionContext): Draft {
  const { at, newId, policy } = context;
  const state: StormState = {
    startedAt: at,
    lastMemberAt: at,
    endedAt: null,
    members: 0,
    announced: 0,
    rule,
    cause: null,
  };
  const incident = blankIncident({
    id: newId('inc', at),
    cluster: facts.signal.cluster,
    environment: facts.cluster.environment,
    labels: facts.cluster.labels,
    severity: first.severity,
    family: first.family,
    resource: first.resource,
    owner: first.owner,
    title: '',
    titleFault: { faultType: first.faultType, severity: first.severity, firstSeen: first.at },
    openedAt: at,
    storm: state,
  });
  const run = queueRun(newId('run', at), incident, 'fault', at, at + policy.groupWaitMs);
  const begun = putRun(putIncident(draftOf(incident, null), incident), run);
  const taken = facts.justOpened().reduce((into, opened) => gatherOpened(into, opened, at), begun);
  const grown = addMember(taken, { ...first, stormId: incident.id }, at);
  return tellGrowth(grown);
}

/**
 * An incident on which nothing ran yet becomes a member. One that somebody looked at already stays what it is, and so
 * does that of a node which holds faults of its pods: they are told as one already.
 */
function gatherOpened(into: Draft, opened: Absorbable, at: number): Draft {
  const { incident, episodes } = opened;
  const run = untouchedRun(opened);
  if (run === null || run.trigger !== 'fault' || incident.quiet || episodes.length === 0) return into;
  if (episodes.some((episode) => objectKey(episode.owner) !== objectKey(incident.owner))) return into;
  const { id, storm } = into.incident;
  const { owner, family, severity, titleFault, resource, openedAt } = incident;
  const signs = episodes.map((episode) => signsOf(episode, episode)).reduce(mergeSigns);
  const { faultType } = titleFault;
  const signature = episodes.map(faultSignature).find((one) => one !== null) ?? null;
  const told = { faultType, severity, resource, at: openedAt };
  const member = { stormId: id, owner, family, ...told, signs, signature, incidentId: null };
  const terms: AbsorbTerms = {
    rule: storm?.rule ?? '',
    opened: 'storm',
    outcome: (before) => (before.outcome === 'opened' ? 'storm' : before.outcome),
  };
  return addMember(absorb(into, opened, run, terms, at), member, at);
}

/** The run of an incident that nobody looked at yet and that stands for itself alone; null for any other incident. */
export function untouchedRun({ incident, run }: Absorbable): Run | null {
  const waits = incident.status === 'open' || incident.status === 'queued';
  return waits && incident.storm === undefined && run !== null && isUnstarted(run) ? run : null;
}

/** How an incident goes into another: why, and what becomes of what opened it and of its episodes. */
export interface AbsorbTerms {
  readonly rule: string;
  readonly opened: 'merged' | 'storm';
  readonly outcome: (before: FaultEpisode) => FaultEpisode['outcome'];
}

/** Gives an incident's episodes to another; its run is cancelled, and it ends as `skipped`. `at` in ms since the epoch. */
export function absorb(
  into: Draft,
  { incident, episodes }: Absorbable,
  run: Run,
  { rule, opened, outcome }: AbsorbTerms,
  at: number,
): Draft {
  const { id } = into.incident;
  const skipped = endIncident(incident, 'skipped', `absorbed_by ${id}`, at);
  return write(
    into,
    { type: 'run', run: cancelRun(run, at) },
    { type: 'absorbed', from: incident, into: id, rule, opened },
    ...episodes.map((before): Write => {
      const episode = { ...before, incidentId: id, outcome: outcome(before), rule };
      return { type: 'episode', before, episode };
    }),
    { type: 'incident', incident: skipped },
    { type: 'announce', incident: skipped },
  );
}

function addMember(draft: Draft, member: StormMember, at: number): Draft {
  const { incident, run } = draft;
  const { storm } = incident;
  if (storm === undefined) throw new Error(`incident ${incident.id} is no storm`);
  const members = storm.members + 1;
  const more = compareSeverity(member.severity, incident.severity) > 0;
  const subject = more ? subjectOf(member) : {};
  const grown: Incident = {
    ...incident,
    ...subject,
    title: stormTitle(members),
    updatedAt: at,
    storm: { ...storm, members, lastMemberAt: storm.endedAt === null ? at : storm.lastMemberAt },
  };
  const changed = putIncident(draft, grown);
  const waits = run?.status === 'queued' && run.severity !== grown.severity;
  const scheduled = waits ? putRun(changed, withSeverity(run, grown.severity)) : changed;
  return write(scheduled, { type: 'member', member });
}

function subjectOf({ severity, family, owner, resource, faultType, at }: StormMember): Partial<Incident> {
  return { severity, family, owner, resource, titleFault: { faultType, severity, firstSeen: at } };
}

/** Messages are asked for again when a storm has doubled: their number must not grow with it. */
function tellGrowth(draft: Draft): Draft {
  const { storm } = draft.incident;
  if (storm === undefined || storm.members < storm.announced * 2) return draft;
  const told = { ...draft.incident, seq: draft.incident.seq + 1, storm: { ...storm, announced: storm.members } };
  return announce(putIncident(draft, told));
}

/** `Fault storm · 47 incidents`. */
function stormTitle(members: number): string {
  return `Fault storm · ${plural(members, 'incident')}`;
}

/**
 * What a run of a storm investigates: the node that its members share, else the most severe member, of two the first.
 */
export function withSubject(incident: Incident, { common, members }: Pick<StormView, 'common' | 'members'>): Incident {
  if (incident.storm === undefined) return incident;
  const node = nodeOf(common);
  const subject = node ?? mostSevere(members);
  return subject === null ? incident : { ...incident, owner: subject.owner, resource: subject.resource };
}

function nodeOf(common: SharedSign | null): { owner: OwnerRef; resource: ObjectRef } | null {
  if (common?.sign !== 'node') return null;
  const at = { kind: 'Node', namespace: null, name: common.value };
  return { owner: { ...at, certain: true }, resource: { ...at, apiVersion: 'v1', uid: null } };
}

function mostSevere(members: readonly StormMember[]): StormMember | null {
  return members.reduce<StormMember | null>(
    (best, member) => (best !== null && compareSeverity(best.severity, member.severity) >= 0 ? best : member),
    null,
  );
}
