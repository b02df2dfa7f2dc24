import { untilAborted } from '../../../lib/abort.ts';
import { type Clock, delay } from '../../../lib/clock.ts';

/** Palette takes so many requests a second from one address, more only in bursts that others may have used up. */
const maxCalls = 10;
const windowMs = 1000;

/**
 * Lets at most ten calls through in any second, in the order in which they came. A bucket of ten that fills by ten a
 * second would let twenty through in its first second.
 */
export class RateWindow {
  readonly #clock: Clock;
  /** When the last ones were let through, oldest first; monotonic ms. */
  readonly #times: number[] = [];
  #pausedUntil = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a call may be sent. Rejects with the reason of the signal; the place in the line is free then. */
  async turn(signal: AbortSignal): Promise<void> {
    const before = this.#last;
    const own = Promise.withResolvers<void>();
    this.#last = Promise.all([before, own.promise]);
    try {
      await untilAborted(before, signal);
      for (let wait = this.#wait(); wait > 0; wait = this.#wait()) await delay(this.#clock, wait, signal);
      this.#times.push(this.#clock.monotonic());
      if (this.#times.length > maxCalls) this.#times.shift();
    } finally {
      own.resolve();
    }
  }

  /** Nobody is let through for so long: Palette has said that it is too much. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + ms);
  }

  #wait(): number {
    const now = this.#clock.monotonic();
    const [oldest] = this.#times;
    const free = this.#times.length < maxCalls || oldest === undefined ? now : oldest + windowMs;
    return Math.max(free, this.#pausedUntil) - now;
  }
}
