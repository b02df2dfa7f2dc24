import { linked, untilAborted } from '../../lib/abort.ts';
import { type Clock, delay } from '../../lib/clock.ts';

/** When the next sweep of a cluster is due: an interval, and whoever asks for an earlier one. */
export class SweepSchedule {
  readonly #clock: Clock;
  #dueAt: number | null = null;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks for a sweep in `ms` at the latest. */
  request(ms = 0): void {
    const at = this.#clock.monotonic() + ms;
    if (this.#dueAt !== null && this.#dueAt <= at) return;
    this.#dueAt = at;
    this.#wake?.();
  }

  /** Forgets what was asked for: the next session begins anew. */
  clear(): void {
    this.#dueAt = null;
  }

  /** Resolves when a sweep is due, and takes the request. Rejects when the signal ends. */
  async next(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const left = this.#dueAt === null ? null : this.#dueAt - this.#clock.monotonic();
      if (left !== null && left <= 0) {
        this.#dueAt = null;
        return;
      }
      await this.#changedOr(left, signal);
    }
  }

  async #changedOr(ms: number | null, signal: AbortSignal): Promise<void> {
    const stop = linked(signal);
    const changed = new Promise<void>((resolve) => (this.#wake = resolve));
    try {
      if (ms === null) await untilAborted(changed, signal);
      else await Promise.race([changed, delay(this.#clock, ms, stop.signal)]);
    } finally {
      this.#wake = null;
      stop.letGo();
      stop.abort();
    }
  }
}
