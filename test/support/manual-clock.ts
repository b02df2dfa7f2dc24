import type { Clock, Timer } from '../../src/lib/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that only moves when the test says so. Timers fire in order of their time. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #start: number;
  readonly #pending = new Set<Pending>();

  constructor(start = Date.UTC(2026, 10, 20, 9, 0, 0)) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  setTimer(fn: () => void, ms: number): Timer {
    const pending: Pending = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#pending.size;
  }

  /** When the next timer fires, null when none waits. */
  get nextTimer(): number | null {
    return this.#next(Infinity)?.at ?? null;
  }

  /** Moves time and fires what is due; promises get a turn after each timer. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    for (let next = this.#next(target); next; next = this.#next(target)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
      await turn();
    }
    this.#now = target;
    await turn();
  }

  #next(until: number): Pending | undefined {
    return [...this.#pending]
      .filter((pending) => pending.at <= until)
      .sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
