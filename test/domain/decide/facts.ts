import type { DecisionContext, Write } from '../../../src/domain/decide/plan.ts';
import { queueRun, startRun } from '../../../src/domain/decide/run.ts';
import type { SettleFacts } from '../../../src/domain/decide/settle.ts';
import { openEpisode } from '../../../src/domain/episode.ts';
import type { FaultSignal } from '../../../src/domain/fault.ts';
import { openIncident } from '../../../src/domain/incident.ts';
import type { FaultEpisode, Incident, Reception, Run } from '../../../src/domain/records.ts';
import type { StorePolicy } from '../../../src/domain/state-store.ts';
import { signsOf } from '../../../src/domain/storm/signs.ts';
import { clusterPolicy, owner, signal, startOfTime as at, storePolicy } from '../../support/signals.ts';

/** The incident of the fault that `signal()` gives, in any state. */
export function incident(change: Partial<Incident> = {}): Incident {
  const fault = { ...signal(), family: 'workload', owner: owner(), firstSeen: at } as const;
  const opened = openIncident({ id: 'inc_1', fault, cluster: clusterPolicy(), quiet: false, previousId: null, at });
  return { ...opened, ...change };
}

/** The active episode of the fault that `signal()` gives. */
export function episode(change: Partial<FaultEpisode> = {}): FaultEpisode {
  const disposition = { outcome: 'opened', rule: null, incidentId: 'inc_1' } as const;
  return { ...openEpisode(1, signal(), { owner: owner(), node: null }, disposition, at), ...change };
}

export function queued(change: Partial<Run> = {}): Run {
  return { ...queueRun('run_1', incident(), 'fault', at, at + 3000), ...change };
}

export function running(): Run {
  return startRun(queued(), at + 3000);
}

/** A reception that waits for its outcome. */
export function reception(change: Partial<Reception> = {}): Reception & { signal: FaultSignal } {
  return {
    seq: 7,
    cluster: 'prod',
    source: 'push',
    at,
    count: 1,
    invalid: null,
    outcome: null,
    rule: null,
    final: false,
    episodeId: null,
    incidentId: null,
    quiet: false,
    dueAt: 0,
    ...change,
    signal: change.signal ?? signal(),
  };
}

/** What the store finds when nothing is there yet, with what is given instead. */
export function settleFacts(change: Partial<SettleFacts> = {}): SettleFacts {
  const waiting = reception({ ...change.reception, ...(change.signal && { signal: change.signal }) });
  return {
    at,
    cluster: clusterPolicy(),
    owner: owner(),
    node: null,
    active: null,
    activeIncident: null,
    openFaults: 0,
    ownerIncidents: () => [],
    yieldsFamily: () => false,
    nodeIncident: () => null,
    resolved: () => [],
    isOwn: false,
    pendingNode: () => null,
    silence: () => null,
    nextEpisodeId: () => 42,
    liveRun: () => null,
    runsSince: () => [],
    incidentsOnNode: () => [],
    quiet: waiting.quiet,
    signs: signsOf(waiting.signal, { node: change.node ?? null }),
    storm: () => null,
    endedStorms: () => [],
    nodeIsFaulty: () => false,
    ownerMembers: () => [],
    openings: () => 0,
    justOpened: () => [],
    ...change,
    reception: waiting,
    signal: waiting.signal,
  };
}

/** Ids are counted: `inc_new1`, `run_new2` … */
export function context(change: Partial<StorePolicy> = {}): DecisionContext {
  let count = 0;
  return { at, policy: storePolicy(change), newId: (prefix) => `${prefix}_new${++count}` };
}

/** A plan in words: what is written, in its order. */
export function steps(writes: readonly Write[]): string[] {
  return writes.map((write) => {
    switch (write.type) {
      case 'episode': {
        const verb = write.before === null ? 'opens' : write.episode.clearedAt === null ? 'changes' : 'clears';
        return `${verb} episode ${write.episode.id}`;
      }
      case 'incident':
        return `${write.incident.id} is ${write.incident.status}`;
      case 'run':
        return `${write.run.id} is ${write.run.status}`;
      case 'delivery':
        return `${write.delivery.id} is ${write.delivery.status}`;
      case 'outcome':
        return `${write.reception.seq} is ${write.reception.outcome}${write.reception.final ? ', finally' : ''}`;
      case 'due':
        return `episode ${write.episodeId} is due`;
      case 'final':
        return `outcomes of ${write.incidentId} are final`;
      case 'absorbed':
        return `receptions of ${write.from.id} go to ${write.into}`;
      case 'opening':
        return `${write.incidentId} counts as opened`;
      case 'member':
        return `${write.member.stormId} stands for ${write.member.owner.name} ${write.member.family}`;
      case 'act':
        return `${write.act.kind} by ${write.act.by} is kept`;
      case 'served':
        return `${write.cluster} was served`;
      case 'announce':
      default:
        return `tells of ${write.incident.id}, ${write.incident.status}`;
    }
  });
}
