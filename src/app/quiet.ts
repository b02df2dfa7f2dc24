import type { StateStore } from '../domain/state-store.ts';
import { type Clock, delay } from '../lib/clock.ts';
import type { App } from './create-app.ts';

const lookEveryMs = 100;

/** Resolves when nothing waits: no fault for its outcome, no incident for its run, no message for its delivery. */
export async function untilQuiet(app: Pick<App, 'store' | 'intake'>, clock: Clock, signal: AbortSignal): Promise<void> {
  do {
    await app.intake.idle();
    await delay(clock, lookEveryMs, signal);
  } while (!(await isQuiet(app.store)));
}

async function isQuiet(store: Pick<StateStore, 'counters' | 'unsettled'>): Promise<boolean> {
  const { queuedRuns, runningRuns, incidents, outbox } = await store.counters();
  const moving = incidents.some(({ status, count }) => count > 0 && isMoving(status));
  const waiting = outbox.some(({ count }) => count > 0);
  return queuedRuns === 0 && runningRuns === 0 && !moving && !waiting && (await store.unsettled(1)).length === 0;
}

function isMoving(status: string): boolean {
  return status === 'open' || status === 'queued' || status === 'investigating';
}
