import type { Clock } from '../lib/clock.ts';
import { ConnectionFailure } from './outcome.ts';

/** A signal that also ends after `ms`, with `silent` as its reason. `done` takes the timer away. */
export function timeLimit(clock: Clock, ms: number, signal: AbortSignal): { signal: AbortSignal; done(): void } {
  const control = new AbortController();
  const onAbort = (): void => control.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = clock.setTimer(
    () => control.abort(new ConnectionFailure({ kind: 'silent', detail: `no answer within ${ms} ms` })),
    ms,
  );
  return {
    signal: control.signal,
    done: () => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
