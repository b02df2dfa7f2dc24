import type { Clock } from '../../lib/clock.ts';

/**
 * Bounds how many pieces of work begin at the same time without letting a slow one hold up the rest: a place is given
 * back when the work is done or after `holdMs`, whichever is first.
 */
export class StartGate {
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #waiting: (() => void)[] = [];
  readonly #drained: (() => void)[] = [];
  #free: number;

  constructor(places: number, holdMs: number, clock: Clock) {
    this.#free = places;
    this.#holdMs = holdMs;
    this.#clock = clock;
  }

  /** Resolves when nobody waits for a place. */
  async drained(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Resolves with the function that gives the place back, once there is one. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      timer.cancel();
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
      if (this.#waiting.length === 0) for (const resolve of this.#drained.splice(0)) resolve();
    };
    const timer = this.#clock.setTimer(leave, this.#holdMs);
    return leave;
  }
}
