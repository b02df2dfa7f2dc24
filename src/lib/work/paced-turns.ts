import type { Clock } from '../clock.ts';

export interface Pace {
  /** How many times as long as a turn took nothing begins after it; 0: the next one begins at once. */
  readonly rest: () => number;
  /** A rest is so long at most, ms. */
  readonly maxRestMs: number;
  /** A turn that takes longer keeps nobody waiting, ms: it waits for something itself. */
  readonly holdMs: number;
  /** So many wait; who comes then gets none. */
  readonly maxWaiting: number;
}

/** One turn after the other, with rests between them, so that all of them together take a share of the time. */
export class PacedTurns {
  readonly #pace: Pace;
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  readonly #waiting: (() => void)[] = [];
  #free = true;

  constructor(pace: Pace, clock: Pick<Clock, 'monotonic' | 'setTimer'>) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** Resolves with the function that ends the turn, when it begins; null at once when too many wait. */
  async take(): Promise<(() => void) | null> {
    if (this.#free) this.#free = false;
    else if (this.#waiting.length >= this.#pace.maxWaiting) return null;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const began = this.#clock.monotonic();
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      held.cancel();
      this.#rest(this.#clock.monotonic() - began);
    };
    const held = this.#clock.setTimer(end, this.#pace.holdMs);
    return end;
  }

  #rest(tookMs: number): void {
    const { rest, maxRestMs } = this.#pace;
    const ms = Math.min(maxRestMs, tookMs * rest());
    if (ms > 0) this.#clock.setTimer(() => this.#next(), ms);
    else this.#next();
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free = true;
  }
}
