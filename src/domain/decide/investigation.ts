import { clearEpisode } from '../episode.ts';
import { manualFault } from '../fault-types.ts';
import {
  acknowledgeIncident,
  endIncident,
  isLive,
  reportIncident,
  startIncident,
  transition,
  type IncidentOrder,
} from '../incident.ts';
import { type IncidentAct, isKept } from '../people/incident-act.ts';
import type { FaultEpisode, Incident, Reception, Run, RunResult } from '../records.ts';
import { announce, type DecisionContext, type Draft, draftOf, putIncident, putRun, write, type Write } from './plan.ts';
import { cancelRun, endRun, isUnstarted, queueRun, requeueRun, startRun } from './run.ts';

/*
 * The way of an incident after its faults were gathered: a run that starts, ends or goes back to the queue, faults that
 * clear, and its end. Times are ms since the epoch.
 */

/** A run begins: what its faults became can no longer change. An incident that has ended stays ended. */
export function startInvestigation(incident: Incident, waiting: Run, at: number): { run: Run; draft: Draft } {
  const run = startRun(waiting, at);
  const started = putRun(draftOf(incident, waiting), run);
  const draft = write(started, { type: 'served', cluster: run.cluster }, { type: 'final', incidentId: incident.id });
  if (!isLive(incident.status)) return { run, draft };
  return { run, draft: announce(putIncident(draft, startIncident(incident, at))) };
}

/**
 * A run has ended: its incident is reported (or failed), and resolved at once when its faults have cleared meanwhile, or
 * when nothing but a person's question stands and nothing is wrong.
 */
export function finishInvestigation(
  { incident, run, active }: { incident: Incident; run: Run; active: readonly FaultEpisode[] },
  result: RunResult,
  at: number,
): Draft {
  const ended = putRun(draftOf(incident, run), endRun(run, result, at));
  const reported = announce(putIncident(ended, reportIncident(incident, result, at)));
  if (result.isFault !== false || !active.every(isQuestion)) return resolveIfClear(reported, active, at);
  const answered = active.map((before): Write => ({ type: 'episode', before, episode: clearEpisode(before, at) }));
  const draft = write(reported, ...answered);
  const asked = incident.titleFault.faultType === manualFault && isLive(draft.incident.status);
  return asked ? resolve(draft, 'no_fault', at) : resolveIfClear(draft, [], at);
}

const isQuestion = ({ faultType }: FaultEpisode): boolean => faultType === manualFault;

/** The report of a run was stored after its end. Its incident shows it, unless a later run gave it another. */
export function storeReport(incident: Incident, run: Run, report: string, at: number): Draft {
  const { result } = run;
  const draft = draftOf(incident, null);
  if (result === null || result.report === null) return draft;
  const stored = putRun(draft, { ...run, result: { ...result, report } });
  if (incident.report !== result.report) return stored;
  return announce(putIncident(stored, { ...incident, report, updatedAt: at, seq: incident.seq + 1 }));
}

/** A running run goes back to the queue, and its incident waits again. */
export function returnToQueue(incident: Incident, run: Run, at: number): Draft {
  const waiting = putRun(draftOf(incident, run), requeueRun(run, at));
  return incident.status === 'investigating' ? putIncident(waiting, transition(incident, 'queued', at)) : waiting;
}

/**
 * Another run of an incident: the one that waits or runs when there is one. An ended incident stays ended.
 */
export function requestInvestigation(
  incident: Incident,
  live: Run | null,
  trigger: Run['trigger'],
  { at, newId }: Pick<DecisionContext, 'at' | 'newId'>,
  requestedBy: string | null = null,
): { readonly run: Run; readonly draft: Draft } {
  const draft = draftOf(incident, live);
  if (live?.status === 'running') return { run: live, draft };
  if (live !== null) {
    const run = {
      ...live,
      trigger,
      notBefore: Math.min(live.notBefore, at),
      requestedBy: live.requestedBy ?? requestedBy,
    };
    return { run, draft: putRun(draft, run) };
  }
  const run = { ...queueRun(newId('run', at), incident, trigger, at, at), requestedBy };
  const again = incident.status === 'reported' || incident.status === 'failed';
  return { run, draft: putRun(again ? putIncident(draft, transition(incident, 'queued', at)) : draft, run) };
}

export interface ClearFacts {
  /** The episode that has just cleared. */
  readonly episode: FaultEpisode;
  readonly incident: Incident;
  readonly run: Run | null;
  /** What still stands of its incident. */
  readonly active: readonly FaultEpisode[];
  /** Its receptions whose outcome is not final. */
  readonly receptions: readonly Reception[];
}

/** What follows from a fault that has cleared: for its receptions, and for its incident when it was the last. */
export function clearFault({ episode, incident, run, active, receptions }: ClearFacts, at: number): Draft {
  const draft = draftOf(incident, run);
  if (!isLive(incident.status)) return draft;
  const selfResolved = run !== null && isUnstarted(run) ? receptions : [];
  const outcomes = selfResolved.map((reception): Write => {
    const disposition = { outcome: 'self_resolved', rule: 'cleared before its run started', final: true } as const;
    return { type: 'outcome', reception: { ...reception, ...disposition }, episode };
  });
  return resolveIfClear(write(draft, ...outcomes), active, at);
}

/** The end of an incident because somebody said so; one that has ended stays as it is. */
export function endByOrder(incident: Incident, run: Run | null, reason: string, at: number): Draft {
  const draft = draftOf(incident, run);
  return isLive(incident.status) ? resolve(draft, reason, at) : draft;
}

export interface OrderFacts {
  readonly incident: Incident;
  /** The run of it that waits or goes on. */
  readonly live: Run | null;
  /** What people did with it before. */
  readonly acts: readonly IncidentAct[];
}

type OrderContext = Pick<DecisionContext, 'at' | 'newId'>;

/**
 * What a person orders, with what is kept of it. Said again it changes nothing; null when the incident has ended and the
 * order needs it not to.
 */
export function carryOut(
  order: IncidentOrder,
  facts: OrderFacts,
  context: OrderContext,
): { readonly run: Run | null; readonly draft: Draft } | null {
  const carried = change(order, facts, context);
  if (carried === null) return null;
  const { done, run, draft } = carried;
  const { incident, acts } = facts;
  const { kind, by, comment } = order;
  const { at, newId } = context;
  const act = { incidentId: incident.id, kind, by, at, comment, done, runId: run?.id ?? null };
  if (!isKept(act, incident, acts)) return { run, draft };
  return { run, draft: write(draft, { type: 'act', act: { id: newId('act', at), ...act }, incident: draft.incident }) };
}

interface Change {
  /** Whether anything is otherwise than before. */
  readonly done: boolean;
  readonly run: Run | null;
  readonly draft: Draft;
}

function change(order: IncidentOrder, { incident, live }: OrderFacts, context: OrderContext): Change | null {
  const draft = draftOf(incident, live);
  const { by, comment, slackUser } = order;
  if (order.kind === 'resolve') {
    if (incident.status === 'skipped') return null;
    const done = isLive(incident.status);
    return { done, run: null, draft: endByOrder(incident, live, `by ${by}`, context.at) };
  }
  if (!isLive(incident.status)) return null;
  if (order.kind === 'rerun') {
    const asked = requestInvestigation(incident, live, 'manual', context, by);
    return { ...asked, done: asked.run.id !== live?.id || asked.run.requestedBy !== (live.requestedBy ?? null) };
  }
  const acknowledged = acknowledgeIncident(incident, {
    by,
    comment,
    at: context.at,
    ...(slackUser === undefined ? {} : { slackUser }),
  });
  const done = acknowledged !== incident;
  return { done, run: null, draft: done ? announce(putIncident(draft, acknowledged)) : draft };
}

/** An incident whose faults have all cleared is resolved, unless a run still works on it or waits to. */
function resolveIfClear(draft: Draft, active: readonly FaultEpisode[], at: number): Draft {
  const { incident, run } = draft;
  if (!isLive(incident.status) || active.length > 0) return draft;
  if (run === null) return resolve(draft, incident.storm?.emptied === true ? 'storm_over' : 'cleared', at);
  return isUnstarted(run) ? resolve(draft, 'self_resolved', at) : draft;
}

/** The end of a live incident; a run that waits for it is cancelled. */
export function resolve(draft: Draft, reason: string, at: number): Draft {
  const { incident, run } = draft;
  const stopped = run?.status === 'queued' ? putRun(draft, cancelRun(run, at)) : draft;
  const final = write(stopped, { type: 'final', incidentId: incident.id });
  return announce(putIncident(final, endIncident(incident, 'resolved', reason, at)));
}
