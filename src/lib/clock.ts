import { abortReason, onAbort } from './abort.ts';

/** Time as a parameter: real in the daemon, moved by hand in tests. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. For stored times and deadlines. */
  now(): number;
  /** Milliseconds that never jump. For durations. */
  monotonic(): number;
  /** Calls `fn` once after `ms` milliseconds. The timer does not keep the process alive. */
  setTimer(fn: () => void, ms: number): Timer;
}

export interface Timer {
  cancel(): void;
}

const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (fn, ms) => {
    const handle = setTimeout(fn, Math.min(Math.max(ms, 0), maxTimerMs));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const timer = clock.setTimer(() => {
      letGo?.();
      resolve();
    }, ms);
    const letGo =
      signal &&
      onAbort(signal, (reason) => {
        timer.cancel();
        reject(reason);
      });
  });
}
