import { isLive, reportIncident, startIncident, transition } from '../../domain/incident.ts';
import type { Incident, Run, RunResult } from '../../domain/records.ts';
import { endRun, queueRun, requeueRun, startRun } from '../../domain/run.ts';
import type { RunClaim, RunLimits } from '../../domain/state-store.ts';
import { newId } from '../../lib/ids.ts';
import { incidentById, incidentsWhere, saveIncident } from '../rows/incidents.ts';
import { liveRun, runById, runsWhere, saveRun } from '../rows/runs.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { detailOf } from './queries.ts';
import { announce } from './announce.ts';
import { makeFinal, resolveWhenClear } from './finality.ts';

/** Starts the next due run within the limits; null when there is none. */
export function claimRun(tx: Transaction, limits: RunLimits, at: number): RunClaim | null {
  markQueued(tx, at);
  const running = tx.db.all<{ cluster: string; n: number }>(
    `SELECT cluster, count(*) AS n FROM runs WHERE status = 'running' GROUP BY cluster`,
  );
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
  const run = next === null ? null : runById(tx.db, next.id);
  return run === null ? null : start(tx, run, at);
}

/** Ends a run; its incident is reported (or failed), and resolved at once when its faults have cleared meanwhile. */
export function finishRun(tx: Transaction, runId: string, result: RunResult, at: number): Incident {
  const run = expectRun(tx, runId);
  const incident = expectIncident(tx, run.incidentId);
  if (run.status !== 'running') return incident;
  saveRun(tx, endRun(run, result, at));
  const reported = saveIncident(tx, reportIncident(incident, result, at));
  announce(tx, reported, at);
  return resolveWhenClear(tx, reported, at);
}

/** Gives a running run back to the queue. Nothing happens when it does not run. */
export function returnRun(tx: Transaction, runId: string, at: number): void {
  const run = expectRun(tx, runId);
  if (run.status !== 'running') return;
  saveRun(tx, requeueRun(run, at));
  const incident = expectIncident(tx, run.incidentId);
  if (incident.status === 'investigating') saveIncident(tx, transition(incident, 'queued', at));
}

export function recoverRuns(tx: Transaction, at: number): number {
  const running = runsWhere(tx.db, `status = 'running'`);
  for (const run of running) returnRun(tx, run.id, at);
  return running.length;
}

/** Another run of an incident; the one that waits or runs when there is one. An ended incident stays ended. */
export function requestRun(tx: Transaction, incidentId: string, trigger: string, at: number): Run {
  const incident = expectIncident(tx, incidentId);
  const waiting = liveRun(tx.db, incidentId);
  if (waiting?.status === 'running') return waiting;
  if (waiting) return saveRun(tx, { ...waiting, trigger, notBefore: Math.min(waiting.notBefore, at) });
  if (incident.status === 'reported' || incident.status === 'failed') {
    saveIncident(tx, transition(incident, 'queued', at));
  }
  return saveRun(tx, queueRun(newId('run', at), incident, trigger, at, at));
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
  for (const incident of due) saveIncident(tx, transition(incident, 'queued', at));
}

function start(tx: Transaction, queued: Run, at: number): RunClaim {
  const run = saveRun(tx, startRun(queued, at));
  tx.db.run(
    `INSERT INTO served (cluster, turn) VALUES (?, (SELECT coalesce(max(turn), 0) + 1 FROM served))
     ON CONFLICT (cluster) DO UPDATE SET turn = excluded.turn`,
    run.cluster,
  );
  const before = expectIncident(tx, run.incidentId);
  makeFinal(tx, before.id);
  const incident = isLive(before.status) ? saveIncident(tx, startIncident(before, at)) : before;
  if (incident !== before) announce(tx, incident, at);
  return { run, incident, faults: detailOf(tx.db, incident).faults };
}

function expectRun(tx: Transaction, id: string): Run {
  const run = runById(tx.db, id);
  if (run === null) throw new Error(`there is no run ${id}`);
  return run;
}

function expectIncident(tx: Transaction, id: string): Incident {
  const incident = incidentById(tx.db, id);
  if (incident === null) throw new Error(`there is no incident ${id}`);
  return incident;
}
