import type { Clock } from '../clock.ts';

/** A rate: so many within so many milliseconds. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** Lets through what a rate allows, and as much at once when nothing was taken for long. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  /** `burst`: how many at once, the rate's count by default. */
  constructor(rate: Rate, clock: Clock, burst = rate.count) {
    this.#rate = rate;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock.monotonic();
  }

  /** Takes one. 0 when there was one, else how long until there is, ms; nothing was taken then. */
  take(): number {
    this.#refill();
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) * this.#rate.perMs) / this.#rate.count);
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate.count) / this.#rate.perMs);
    this.#at = now;
  }
}
