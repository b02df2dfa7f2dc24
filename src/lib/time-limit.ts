import { type LinkedAbort, linked, untilAborted } from './abort.ts';
import type { Clock } from './clock.ts';

/** Work took longer than its limit. */
export class TimeLimitError extends Error {
  constructor(ms: number) {
    super(`took longer than ${ms} ms`);
    this.name = 'TimeLimitError';
  }
}

/**
 * An abort that follows `signal` and also ends after `ms` milliseconds, then with `reason` (a TimeLimitError without).
 * `letGo` takes the timer away, too.
 */
export function timeLimit(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  reason: () => Error = () => new TimeLimitError(ms),
): LinkedAbort {
  const own = linked(signal);
  const timer = clock.setTimer(() => own.abort(reason()), ms);
  const letGo = (): void => {
    timer.cancel();
    own.letGo();
  };
  return { ...own, letGo };
}

/**
 * Waits for work at most `ms` milliseconds. Its signal is aborted at the limit, with the outer one, and when the work
 * throws; work that does not listen is left behind. @throws TimeLimitError; the reason of `signal`; what the work throws
 */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = timeLimit(clock, ms, signal);
  try {
    return await untilAborted(work(limit.signal), limit.signal);
  } catch (error) {
    limit.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  } finally {
    limit.letGo();
  }
}
