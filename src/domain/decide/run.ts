import type { Severity } from '../fault.ts';
import type { Incident, Run, RunResult, RunTrigger } from '../records.ts';

/** A run that waits. `notBefore` is when it may start, ms since the epoch. */
export function queueRun(
  id: string,
  incident: Pick<Incident, 'id' | 'cluster' | 'severity'>,
  trigger: RunTrigger,
  at: number,
  notBefore: number,
): Run {
  return {
    id,
    incidentId: incident.id,
    cluster: incident.cluster,
    status: 'queued',
    severity: incident.severity,
    createdAt: at,
    notBefore,
    startedAt: null,
    endedAt: null,
    attempt: 1,
    trigger,
    result: null,
  };
}

export function startRun(run: Run, at: number): Run {
  expectStatus(run, 'queued');
  return { ...run, status: 'running', startedAt: at };
}

export function endRun(run: Run, result: RunResult, at: number): Run {
  expectStatus(run, 'running');
  return { ...run, status: result.outcome === 'failed' ? 'failed' : 'succeeded', endedAt: at, result };
}

/** Back to the queue: the process stopped or died during it. */
export function requeueRun(run: Run, at: number): Run {
  expectStatus(run, 'running');
  return { ...run, status: 'queued', notBefore: at, startedAt: null, attempt: run.attempt + 1 };
}

export function cancelRun(run: Run, at: number): Run {
  expectStatus(run, 'queued');
  return { ...run, status: 'cancelled', endedAt: at };
}

const laterTriggers: readonly RunTrigger[] = ['manual', 'new_evidence'];

/** Whether faults that clear now clear before their run started: nothing ran yet and no person asked for it. */
export function isUnstarted(run: Run): boolean {
  return run.status === 'queued' && run.attempt === 1 && !laterTriggers.includes(run.trigger);
}

export function withSeverity(run: Run, severity: Severity): Run {
  return { ...run, severity };
}

function expectStatus(run: Run, status: Run['status']): void {
  if (run.status !== status) throw new Error(`run ${run.id} is ${run.status}, not ${status}`);
}
