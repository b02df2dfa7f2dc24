import { abortReason, onAbort } from '../../lib/abort.ts';
import type { Clock, Timer } from '../../lib/clock.ts';

/** When the next sweep of a cluster is due: an interval, and whoever asks for an earlier one. */
export class SweepSchedule {
  readonly #clock: Clock;
  #dueAt: number | null = null;
  #timer: Timer | null = null;
  #take: (() => void) | null = null;
  /** When the last request was taken. */
  #takenAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks for a sweep in `ms` at the latest. */
  request(ms = 0): void {
    const at = this.#clock.monotonic() + ms;
    if (this.#dueAt !== null && this.#dueAt <= at) return;
    this.#dueAt = at;
    this.#arm();
  }

  /** Asks for a sweep soon, but not within `gapMs` after the last one began. */
  requestApart(gapMs: number): void {
    this.request(Math.max(0, this.#takenAt + gapMs - this.#clock.monotonic()));
  }

  /** Forgets what was asked for: the next session begins anew. */
  clear(): void {
    this.#dueAt = null;
    this.#arm();
  }

  /** Resolves when a sweep is due, and takes the request. Rejects when the signal ends. For one waiter at a time. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      // Who comes too late does not take the place of who waits.
      if (signal.aborted) return reject(abortReason(signal));
      this.#take = (): void => {
        this.#take = null;
        this.#dueAt = null;
        this.#takenAt = this.#clock.monotonic();
        letGo();
        resolve();
      };
      const letGo = onAbort(signal, (reason) => {
        this.#take = null;
        this.#arm();
        reject(reason);
      });
      this.#arm();
    });
  }

  /** One timer while somebody waits for a time. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#take === null || this.#dueAt === null) return;
    const leftMs = this.#dueAt - this.#clock.monotonic();
    if (leftMs <= 0) this.#take();
    else this.#timer = this.#clock.setTimer(() => this.#arm(), leftMs);
  }
}
