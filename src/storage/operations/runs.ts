import type { AgentEnd, RunLimits } from '../../domain/agent-limits.ts';
import {
  finishInvestigation,
  requestInvestigation,
  returnToQueue,
  startInvestigation,
} from '../../domain/decide/investigation.ts';
import { withSubject } from '../../domain/decide/gather.ts';
import { transition } from '../../domain/incident.ts';
import type { Incident, Run, RunResult, RunTrigger } from '../../domain/records.ts';
import type { RunClaim } from '../../domain/state-store.ts';
import { apply, decisionContext } from '../rows/apply.ts';
import { activeOfIncident } from '../rows/episodes.ts';
import { expectIncident, incidentsWhere } from '../rows/incidents.ts';
import { expectRun, liveRun, runningByCluster, runsWhere } from '../rows/runs.ts';
import { stormView } from '../rows/storms.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { noteEnd, noteReturned } from './agents.ts';
import { noteAnswer } from './fleets.ts';
import { detailOf } from './queries.ts';
import { noteArtifacts } from './uploads.ts';

/** Starts the next due run within the limits; null when there is none. */
export function claimRun(tx: Transaction, limits: RunLimits, at: number): RunClaim | null {
  markQueued(tx, at);
  const running = runningByCluster(tx.db);
  if (running.reduce((sum, { n }) => sum + n, 0) >= limits.maxConcurrent) return null;
  const full = running
    .filter(({ cluster, n }) => n >= (limits.perCluster[cluster] ?? limits.defaultPerCluster))
    .map(({ cluster }) => cluster);
  const next = tx.db.get<{ id: string }>(
    `SELECT runs.id FROM runs LEFT JOIN served ON served.cluster = runs.cluster
     WHERE runs.status = 'queued' AND NOT runs.not_before BETWEEN ? AND ? AND runs.cluster NOT IN (SELECT value FROM json_each(?))
     ORDER BY runs.severity DESC, coalesce(served.turn, 0), runs.created_at, runs.id LIMIT 1`,
    ...tooEarly(tx, at),
    JSON.stringify(full),
  );
  return next === null ? null : start(tx, expectRun(tx.db, next.id), at);
}

/** Ends a run; its incident is reported (or failed), and resolved at once when its faults have cleared meanwhile. */
export function finishRun(
  tx: Transaction,
  runId: string,
  result: RunResult,
  at: number,
  end: AgentEnd | null = null,
): Incident {
  const run = expectRun(tx.db, runId);
  const before = expectIncident(tx.db, run.incidentId);
  if (run.status !== 'running') return before;
  const active = activeOfIncident(tx.db, before.id);
  const { incident, writes } = finishInvestigation({ incident: before, run, active }, result, at);
  apply(tx, writes, at);
  noteEnd(tx, run, result.usage ?? null, end, at);
  noteArtifacts(tx, run, result.artifacts ?? null, at);
  noteAnswer(tx, incident.id, result, at);
  return incident;
}

/** Gives a running run back to the queue. Nothing happens when it does not run. */
export function returnRun(tx: Transaction, runId: string, at: number): void {
  const run = expectRun(tx.db, runId);
  if (run.status !== 'running') return;
  apply(tx, returnToQueue(expectIncident(tx.db, run.incidentId), run, at).writes, at);
  noteReturned(tx, run, at);
}

export function recoverRuns(tx: Transaction, at: number): number {
  const running = runsWhere(tx.db, `status = 'running'`);
  for (const run of running) returnRun(tx, run.id, at);
  return running.length;
}

/** Another run of an incident; the one that waits or runs when there is one. An ended incident stays ended. */
export function requestRun(tx: Transaction, incidentId: string, trigger: RunTrigger, at: number): Run {
  const incident = expectIncident(tx.db, incidentId);
  const context = decisionContext(tx, at);
  const { run, draft } = requestInvestigation(incident, liveRun(tx.db, incidentId), trigger, context);
  apply(tx, draft.writes, at);
  return run;
}

/** No clock is corrected by so little, ms. */
const slackMs = 60_000;

/**
 * Runs that may start from one of these times to the other have to wait. None waits for longer than `group_wait`: one
 * that would was made before the clock was set back.
 */
function tooEarly(tx: Transaction, at: number): [number, number] {
  return [at + 1, at + tx.policy.groupWaitMs + slackMs];
}

/** Incidents that have gathered for long enough wait for a slot from now on. */
function markQueued(tx: Transaction, at: number): void {
  const due = incidentsWhere(
    tx.db,
    `status = 'open' AND id IN (SELECT incident_id FROM runs WHERE status = 'queued' AND NOT not_before BETWEEN ? AND ?)`,
    ...tooEarly(tx, at),
  );
  for (const incident of due) apply(tx, [{ type: 'incident', incident: transition(incident, 'queued', at) }], at);
}

function start(tx: Transaction, queued: Run, at: number): RunClaim {
  const waiting = expectIncident(tx.db, queued.incidentId);
  const subject = waiting.storm === undefined ? waiting : withSubject(waiting, stormView(tx.db, waiting));
  const { run, draft } = startInvestigation(subject, queued, at);
  apply(tx, draft.writes, at);
  const { runs: _, ...detail } = detailOf(tx.db, draft.incident);
  return { run, ...detail };
}
