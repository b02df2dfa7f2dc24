import { type Clock, delay } from './clock.ts';

/** Work took longer than its limit. */
export class TimeLimitError extends Error {
  constructor(ms: number) {
    super(`took longer than ${ms} ms`);
    this.name = 'TimeLimitError';
  }
}

/**
 * Waits for work at most `ms` milliseconds. Its signal is aborted at the limit and with the outer one; work that does
 * not listen is left behind. @throws TimeLimitError; the reason of `signal`; what the work throws
 */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const timer = new AbortController();
  const limit = async (): Promise<never> => {
    await delay(clock, ms, AbortSignal.any([signal, timer.signal]));
    throw new TimeLimitError(ms);
  };
  try {
    return await Promise.race([work(inner.signal), limit()]);
  } catch (error) {
    inner.abort(error);
    throw error;
  } finally {
    timer.abort();
  }
}
