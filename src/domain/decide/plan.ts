import type { StormMember } from '../fault.ts';
import type { IncidentAct } from '../people/incident-act.ts';
import type { Delivery, FaultEpisode, Incident, Reception, Run } from '../records.ts';
import type { StorePolicy } from '../state-store.ts';

/**
 * One change that a decision asks for. The store carries out the writes of a plan in their order, inside the transaction
 * in which the facts of the decision were read; it decides nothing by itself.
 */
export type Write =
  /** `before` is how the row was, null for a new one. */
  | { readonly type: 'episode'; readonly before: FaultEpisode | null; readonly episode: FaultEpisode }
  | { readonly type: 'incident'; readonly incident: Incident }
  | { readonly type: 'run'; readonly run: Run }
  | { readonly type: 'delivery'; readonly delivery: Delivery; readonly cluster: string | null }
  /** A reception gets its outcome, which is counted as soon as it is final. */
  | { readonly type: 'outcome'; readonly reception: Reception; readonly episode: FaultEpisode | null }
  /** What waits because its fault is pending waits no longer. */
  | { readonly type: 'due'; readonly episodeId: number }
  /** The outcomes of an incident can no longer become `self_resolved`, and are counted. */
  | { readonly type: 'final'; readonly incidentId: string }
  /** The receptions of an incident that another took in go with its faults; `opened` is what its first one becomes. */
  | {
      readonly type: 'absorbed';
      readonly from: Incident;
      readonly into: string;
      readonly rule: string;
      readonly opened: 'merged' | 'storm';
    }
  /** An incident was opened, or would have been but for a storm: what limits of storms count. */
  | { readonly type: 'opening'; readonly cluster: string; readonly incidentId: string }
  /** An incident that a storm stands for, new or changed. */
  | { readonly type: 'member'; readonly member: StormMember }
  /** What a person did, as it is kept. */
  | { readonly type: 'act'; readonly act: IncidentAct; readonly incident: Incident }
  /** The state of an incident goes to everybody who gets messages. */
  | { readonly type: 'announce'; readonly incident: Incident }
  /** The cluster had its turn; others go before it. */
  | { readonly type: 'served'; readonly cluster: string };

/** What decisions take from outside: time in ms since the epoch, the configuration, and new ids. */
export interface DecisionContext {
  readonly at: number;
  readonly policy: StorePolicy;
  readonly newId: (prefix: 'inc' | 'run' | 'dlv' | 'act', at: number) => string;
}

/** An incident and the run of it that waits or runs, as a plan has changed them so far. */
export interface Draft {
  readonly incident: Incident;
  readonly run: Run | null;
  readonly writes: readonly Write[];
}

export function draftOf(incident: Incident, run: Run | null): Draft {
  return { incident, run, writes: [] };
}

export function write(draft: Draft, ...writes: readonly Write[]): Draft {
  return { ...draft, writes: [...draft.writes, ...writes] };
}

export function putIncident(draft: Draft, incident: Incident): Draft {
  return write({ ...draft, incident }, { type: 'incident', incident });
}

export function putRun(draft: Draft, run: Run): Draft {
  const live = run.status === 'queued' || run.status === 'running';
  return write({ ...draft, run: live ? run : null }, { type: 'run', run });
}

export function announce(draft: Draft): Draft {
  return write(draft, { type: 'announce', incident: draft.incident });
}
