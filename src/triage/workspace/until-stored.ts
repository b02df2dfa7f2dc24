import { StoreUnavailableError } from '../../domain/state-store.ts';
import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import { type Clock, delay } from '../../lib/clock.ts';

const retry: BackoffPolicy = { initialMs: 500, maxMs: 30_000 };

/**
 * Tries until it is written: a result is never thrown away because a disk is full for a while. `onUnavailable` is told at
 * each attempt that the store refused, the first is 1.
 * @throws what `write` throws otherwise; the signal's reason when it is aborted between two attempts
 */
export async function untilStored(
  write: () => Promise<unknown>,
  clock: Clock,
  signal: AbortSignal,
  onUnavailable: (error: StoreUnavailableError, attempt: number) => void = () => {},
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await write();
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      onUnavailable(error, attempt + 1);
      await delay(clock, backoffDelay(retry, attempt), signal);
    }
  }
}
