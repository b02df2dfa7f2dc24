import type { EpisodeDisposition } from '../episode.ts';
import { compareSeverity, type OwnerRef, type SharedSign, type StormMember } from '../fault.ts';
import { objectKey, openIncident } from '../incident.ts';
import type { FaultEpisode, Incident, Run } from '../records.ts';
import { explains } from '../storm/common-factor.ts';
import { resolve } from './investigation.ts';
import { announce, type DecisionContext, type Draft, draftOf, putIncident, write, type Write } from './plan.ts';
import { isUnstarted, queueRun } from './run.ts';

/** What the end of a storm depends on. */
export interface EndStormFacts {
  readonly incident: Incident;
  /** The run of the storm that waits or runs. */
  readonly run: Run | null;
  readonly members: readonly StormMember[];
  /** What most members share; null when nothing does. */
  readonly common: SharedSign | null;
  /** What still stands of the storm. */
  readonly active: readonly FaultEpisode[];
  /** Live incidents of a root owner. */
  ownerIncidents(owner: OwnerRef): readonly Incident[];
}

/**
 * The end of a storm: what still stands and is not explained by what its members share gets an incident of its own,
 * quietly, with a run. The rest stays with the storm until it clears. What the faults became when they were received
 * stays as it was.
 */
export function endStorm(facts: EndStormFacts, context: DecisionContext): Draft {
  const { at } = context;
  const { incident, run, common } = facts;
  const { storm } = incident;
  if (storm === undefined) throw new Error(`incident ${incident.id} is no storm`);
  const ended = { ...incident, updatedAt: at, seq: incident.seq + 1, storm: { ...storm, endedAt: at, cause: common } };
  const over = putIncident(draftOf(incident, run), ended);
  const released = [...leavers(facts)].reduce((draft, leaver) => release(draft, facts, leaver, context), over);
  const moved = new Set(released.writes.flatMap((it) => (it.type === 'episode' ? [it.episode.id] : [])));
  const isEmpty = moved.size > 0 && facts.active.every(({ id }) => moved.has(id));
  if (!isEmpty) return announce(released);
  const emptied = putIncident(released, { ...ended, storm: { ...ended.storm, emptied: true } });
  // A run that works on it ends it.
  return run === null || isUnstarted(run) ? resolve(emptied, 'storm_over', at) : announce(emptied);
}

interface Leaver {
  readonly members: readonly StormMember[];
  readonly faults: readonly FaultEpisode[];
}

/** Owners with a fault that still stands and that nothing explains, each with its members. */
function leavers({ active, members, common }: EndStormFacts): Iterable<Leaver> {
  const faultsOf = Map.groupBy(active, ({ owner }) => objectKey(owner));
  const found: Leaver[] = [];
  for (const [key, own] of Map.groupBy(members, ({ owner }) => objectKey(owner))) {
    const faults = faultsOf.get(key);
    if (faults !== undefined && !own.some(({ signs }) => explains(common, signs))) found.push({ members: own, faults });
  }
  return found;
}

/** One owner leaves the storm for an incident of its own. */
function release(draft: Draft, facts: EndStormFacts, { members, faults }: Leaver, context: DecisionContext): Draft {
  const { at, newId } = context;
  const worst = faults.reduce((a, b) => (compareSeverity(b.severity, a.severity) > 0 ? b : a));
  const known = facts.ownerIncidents(worst.owner).find(({ family }) => family === worst.family);
  const own = known ?? openOwn(draft.incident, worst, newId('inc', at), at);
  const opened: Write[] =
    known === undefined
      ? [
          { type: 'incident', incident: own },
          { type: 'run', run: queueRun(newId('run', at), own, 'fault', at, at) },
        ]
      : [];
  const moved = faults.map((before): Write => {
    const disposition: EpisodeDisposition = { outcome: before.outcome, rule: before.rule, incidentId: own.id };
    return { type: 'episode', before, episode: { ...before, ...disposition } };
  });
  const left = members.map((member): Write => ({ type: 'member', member: { ...member, incidentId: own.id } }));
  return write(draft, ...opened, ...moved, ...left);
}

function openOwn(storm: Incident, fault: FaultEpisode, id: string, at: number): Incident {
  const { environment, labels } = storm;
  return openIncident({ id, fault, cluster: { environment, labels }, quiet: true, previousId: storm.id, at });
}
