import { linked, untilAborted } from '../../lib/abort.ts';
import { delay, systemClock } from '../../lib/clock.ts';
import type { CliContext } from '../context.ts';
import type { DaemonClient } from '../daemon-client.ts';

export interface Watch {
  readonly client: Pick<DaemonClient, 'follow'>;
  /** Whether an event of the daemon may change what is shown. */
  readonly concerns: (event: string, data: unknown) => boolean;
  /** Shows it. */
  readonly show: (state: WatchState) => Promise<void>;
}

interface WatchState {
  /** The connection is, and what is shown may be old. */
  readonly lost: boolean;
  /** It was opened since the last time, so that events before may have been missed. */
  readonly opened: boolean;
}

/** Many events at once are shown once, ms. */
const restMs = 200;
/** Ages grow without events, ms. */
const againMs = 5000;

/**
 * Shows something, again after each event of the running daemon that concerns it and every few seconds, until the signal.
 * A lost connection is opened again. @throws ProblemError when no daemon answers or it refuses
 */
export async function watchDaemon(context: CliContext, { client, concerns, show }: Watch): Promise<void> {
  const stop = linked(context.signal);
  let state: WatchState = { lost: false, opened: false };
  let wake = Promise.withResolvers<void>();
  const woken = (): void => wake.resolve();
  const follower = {
    onOpen: (): void => {
      state = { lost: false, opened: true };
      woken();
    },
    onLost: (): void => {
      state = { ...state, lost: true };
      woken();
    },
    onEvent: (event: string, data: unknown): void => {
      if (concerns(event, data)) woken();
    },
  };
  const resized = context.io.onSignal('SIGWINCH', woken);
  const following = client.follow(follower, stop.signal).finally(() => stop.abort());
  const showing = async (): Promise<void> => {
    // The first one comes with the connection.
    await orStopped(wake.promise, stop.signal);
    while (!stop.signal.aborted) {
      wake = Promise.withResolvers<void>();
      const now = state;
      state = { ...now, opened: false };
      await show(now);
      await orStopped(delay(systemClock, restMs, stop.signal), stop.signal);
      await orStopped(Promise.race([wake.promise, delay(systemClock, againMs, stop.signal)]), stop.signal);
    }
  };
  try {
    await Promise.all([following, showing()]);
  } finally {
    stop.abort();
    stop.letGo();
    resized();
  }
}

/** The end of a wait, or of the signal. */
async function orStopped(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(wait, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
