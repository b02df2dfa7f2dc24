import { clearEpisode, type EpisodeDisposition, openEpisode, repeatEpisode } from '../episode.ts';
import { familyIn } from '../fault-types.ts';
import { compareSeverity } from '../fault.ts';
import {
  addFault,
  type JoiningFault,
  followIncident,
  openIncident,
  reopenIncident,
  startIncident,
  transition,
} from '../incident.ts';
import type { FaultEpisode, Incident, Reception, Run } from '../records.ts';
import {
  absorb,
  type Absorbable,
  type AbsorbTerms,
  deepenMember,
  gather,
  type GatherFacts,
  untouchedRun,
} from './gather.ts';
import { decideOutcome, isNodeFault, type Decision } from './outcome.ts';
import { isOver, stillPending } from './pending.ts';
import { announce, type DecisionContext, type Draft, draftOf, putIncident, putRun, write, type Write } from './plan.ts';
import { isUnstarted, queueRun, withSeverity } from './run.ts';

/** What settling a reception depends on besides its outcome; what only some outcomes need is asked for. */
export interface SettleFacts extends GatherFacts {
  readonly reception: Reception;
  /** Node of the pod, when known. */
  readonly node: string | null;
  nextEpisodeId(): number;
  /** Runs of an incident that were made after a time. */
  runsSince(incidentId: string, time: number): readonly Run[];
  /** Incidents of pods that run on the node of an incident, other than that one. */
  incidentsOnNode(node: string, into: Incident): readonly Absorbable[];
}

export interface Settlement {
  /** With its outcome. */
  readonly reception: Reception;
  readonly writes: readonly Write[];
}

/** The outcome of a reception with everything that follows from it: for its fault, its incident, the run and messages. */
export function settle(facts: SettleFacts, context: DecisionContext): Settlement {
  const decision = decideOutcome(facts, context.policy);
  if (decision.kind === 'repeat') return repeat(facts, decision.rule, context);
  if (decision.kind === 'refuse') return concluded(facts, { ...decision, final: true, incidentId: null }, null, []);
  if (decision.kind === 'wait') return wait(facts, decision);
  if (decision.kind === 'record') {
    const disposition = { outcome: decision.outcome, rule: decision.rule, incidentId: null };
    const { episode, writes } = placeEpisode(facts, disposition);
    return concluded(facts, { ...disposition, final: true }, episode, writes);
  }
  const draft = incidentFor(facts, decision, context);
  const disposition = {
    outcome: outcomeOf(decision.kind),
    rule: decision.kind === 'open' ? null : decision.rule,
    incidentId: draft.incident.id,
  } as const;
  const { episode, writes } = placeEpisode(facts, disposition);
  const placed = write(draft, ...writes, ...openingOf(facts, decision, draft.incident.id));
  const joined = decision.kind === 'storm' ? placed : join(facts, placed, episode, decision, context);
  // It can become `self_resolved` as long as nothing ran.
  const final = joined.run === null || !isUnstarted(joined.run);
  return concluded(facts, { ...disposition, final }, episode, joined.writes);
}

const outcomeOf = (kind: 'merge' | 'reopen' | 'open' | 'storm'): 'merged' | 'storm' | 'opened' =>
  (({ merge: 'merged', storm: 'storm', open: 'opened', reopen: 'opened' }) as const)[kind];

/** What counts for the limits of storms: what opens, or would but for one. */
function openingOf({ quiet, signal }: SettleFacts, { kind }: Decision, incidentId: string): Write[] {
  const counts = kind !== 'merge' && !quiet && signal.source !== 'manual';
  return counts ? [{ type: 'opening', cluster: signal.cluster, incidentId }] : [];
}

function concluded(
  { reception: waiting }: SettleFacts,
  { outcome, rule, final, incidentId }: EpisodeDisposition & { readonly final: boolean },
  episode: FaultEpisode | null,
  writes: readonly Write[],
): Settlement {
  const reception = { ...waiting, outcome, rule, final, episodeId: episode?.id ?? null, incidentId };
  return { reception, writes: [...writes, { type: 'outcome', reception, episode }] };
}

/** Nobody is told yet: the fault is active, and its reception waits for its time. */
function wait(facts: SettleFacts, { rule, until, dueAt }: Decision & { kind: 'wait' }): Settlement {
  const { episode, writes } = placeEpisode(facts, { outcome: null, rule, incidentId: null, pendingUntil: until });
  const reception = { ...facts.reception, rule, episodeId: episode.id, dueAt };
  return { reception, writes: [...writes, { type: 'outcome', reception, episode }] };
}

/** One more of an active fault: its incident can only become more severe. */
function repeat(facts: SettleFacts, rule: string, { at }: DecisionContext): Settlement {
  const { reception, signal, active: before, activeIncident: incident } = facts;
  if (before === null) throw new Error(`reception ${reception.seq} repeats nothing`);
  const episode = stillPending(repeatEpisode(before, signal, reception.at), signal);
  const change = { quiet: true, takesFamily: false, at };
  const raises = incident !== null && addFault(incident, episode, change) !== incident;
  const raised = raises ? applyFault(draftOf(incident, facts.liveRun(incident.id)), episode, change).writes : [];
  const told: Write[] = isOver(episode) ? [{ type: 'due', episodeId: episode.id }] : [];
  const writes: Write[] = [{ type: 'episode', before, episode }, ...told, ...raised];
  return concluded(facts, { outcome: 'repeated', rule, final: true, incidentId: episode.incidentId }, episode, writes);
}

/** An active episode without an incident goes on; one whose incident was ended long ago gives way to a new one. */
function placeEpisode(facts: SettleFacts, disposition: EpisodeDisposition): { episode: FaultEpisode; writes: Write[] } {
  const { signal, reception, active } = facts;
  if (active !== null && facts.isOwn) {
    const episode = { ...active, pendingUntil: null, ...disposition };
    return { episode, writes: [{ type: 'episode', before: active, episode }] };
  }
  if (active !== null && active.incidentId === null) {
    const episode = { ...repeatEpisode(active, signal, reception.at), pendingUntil: null, ...disposition };
    return { episode, writes: [{ type: 'episode', before: active, episode }] };
  }
  const episode = openEpisode(facts.nextEpisodeId(), signal, facts, disposition, reception.at);
  const opened: Write = { type: 'episode', before: null, episode };
  if (active === null) return { episode, writes: [opened] };
  const gone: Write = { type: 'episode', before: active, episode: clearEpisode(active, reception.at) };
  return { episode, writes: [gone, opened] };
}

/** The incident that the fault belongs to: one that is open, one that is taken up again, or a new one. */
function incidentFor(
  facts: SettleFacts,
  decision: Decision & { kind: 'merge' | 'reopen' | 'open' | 'storm' },
  context: DecisionContext,
): Draft {
  if (decision.kind === 'storm') return gather(facts, decision, context);
  if (decision.kind === 'merge') return draftOf(decision.incident, facts.liveRun(decision.incident.id));
  if (decision.kind === 'reopen') return reopen(facts, decision.incident, context);
  const { signal, reception, owner } = facts;
  const { at, newId, policy } = context;
  const family = familyIn(signal, owner);
  const { previousId } = decision;
  const previous = previousId === null ? undefined : facts.resolved().find(({ id }) => id === previousId);
  const opened = openIncident({
    id: newId('inc', at),
    fault: { ...signal, family, owner, firstSeen: reception.at },
    cluster: facts.cluster,
    quiet: reception.quiet,
    previousId,
    at,
  });
  const incident = previous === undefined ? opened : followIncident(opened, previous, stoodSince(facts, previous));
  const run = queueRun(newId('run', at), incident, 'fault', at, at + policy.groupWaitMs);
  return announce(putRun(putIncident(draftOf(incident, null), incident), run));
}

/** A resolved incident is taken up again, with a new run, or with the one that still works on it or waits to. */
function reopen(facts: SettleFacts, incident: Incident, context: DecisionContext): Draft {
  const { signal, reception } = facts;
  const { at, newId, policy } = context;
  const severity = compareSeverity(signal.severity, incident.severity) > 0 ? signal.severity : incident.severity;
  const { kind, namespace, name } = signal.resource;
  const fault = {
    faultType: signal.faultType,
    resource: { kind, namespace, name },
    goesOn: stoodSince(facts, incident),
    quiet: reception.quiet,
  };
  const reopened = { ...reopenIncident(incident, fault, at), severity };
  const run = facts.liveRun(incident.id);
  const draft = draftOf(incident, run);
  const open = putIncident(draft, run?.status === 'running' ? startIncident(reopened, at) : reopened);
  if (run !== null) return announce(open);
  return announce(putRun(open, queueRun(newId('run', at), open.incident, 'reopened', at, at + policy.groupWaitMs)));
}

/** Whether the fault is one of an incident that has ended, and nobody saw it clear since. */
function stoodSince({ active }: SettleFacts, ended: Incident): boolean {
  return active !== null && active.incidentId === ended.id;
}

/** What a fault changes in the incident that it joins. */
function join(
  facts: SettleFacts,
  draft: Draft,
  episode: FaultEpisode,
  decision: Decision & { kind: 'merge' | 'reopen' | 'open' },
  context: DecisionContext,
): Draft {
  const { takesFamily, member } = decision.kind === 'merge' ? decision : { takesFamily: false };
  const change = { quiet: facts.reception.quiet, takesFamily, at: context.at };
  let joined = applyFault(draft, episode, change);
  if (member !== undefined) return write(joined, { type: 'member', member: deepenMember(member, episode) });
  if (isNodeFault(episode) && joined.incident.family === 'node') {
    joined = takeInPods(facts, joined, episode.resource.name, context.at);
  }
  return takesFamily ? askAgain(facts, joined, context) : joined;
}

interface FaultChange {
  readonly quiet: boolean;
  readonly takesFamily: boolean;
  readonly at: number;
}

function applyFault(draft: Draft, fault: JoiningFault, change: FaultChange): Draft {
  const incident = addFault(draft.incident, fault, change);
  if (incident === draft.incident) return draft;
  let changed = putIncident(draft, incident);
  const { run } = draft;
  if (run?.status === 'queued' && run.severity !== incident.severity) {
    changed = putRun(changed, withSeverity(run, incident.severity));
  }
  return draft.incident.quiet && !incident.quiet ? announce(changed) : changed;
}

/** A node's fault takes in the incidents of its pods on which nothing ran yet. */
function takeInPods(facts: SettleFacts, draft: Draft, node: string, at: number): Draft {
  return facts.incidentsOnNode(node, draft.incident).reduce((into, absorbable) => {
    const { incident, episodes } = absorbable;
    const run = untouchedRun(absorbable);
    const active = episodes.filter((episode) => episode.clearedAt === null);
    const [first] = active;
    const elsewhere = active.some((episode) => episode.node !== node);
    if (run === null || first === undefined || elsewhere) return into;
    const terms: AbsorbTerms = { rule: `on node ${node}`, opened: 'merged', outcome: () => 'merged' };
    const taken = absorb(into, absorbable, run, terms, at);
    const fault = { ...first, severity: incident.severity };
    return applyFault(taken, fault, { quiet: incident.quiet, takesFamily: false, at });
  }, draft);
}

const askAgainAfterMs = 3_600_000;

/** The report did not know the real cause: one more run, at most once an hour. */
function askAgain(facts: SettleFacts, draft: Draft, { at, newId, policy }: DecisionContext): Draft {
  const { incident } = draft;
  if (incident.status !== 'reported' && incident.status !== 'failed') return draft;
  const recent = facts.runsSince(incident.id, at - askAgainAfterMs);
  if (recent.some((run) => run.trigger === 'new_evidence')) return draft;
  const queued = putIncident(draft, transition(incident, 'queued', at));
  const notBefore = at + policy.groupWaitMs;
  return putRun(queued, queueRun(newId('run', at), queued.incident, 'new_evidence', at, notBefore));
}
