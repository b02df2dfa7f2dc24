import type { Clock, Timer } from './clock.ts';

export interface EveryOptions {
  readonly clock: Clock;
  /** From the end of one turn to the begin of the next, ms. */
  readonly intervalMs: number;
  /** Of the interval, how much may be missing by chance (0 to 1): many that began together do not stay together. */
  readonly jitter?: number;
  readonly random?: () => number;
  /** The first turn begins at the start, not after an interval. */
  readonly atOnce?: boolean;
  /** Told of a turn that threw; the next one comes all the same. */
  readonly failed: (error: unknown) => void;
}

export interface Every {
  /** Begins; a second call changes nothing. */
  start(): void;
  /** No further turn; resolves when the one that is going on has ended. The signal of that turn is aborted. */
  stop(): Promise<void>;
}

/** Does something again and again, one turn at a time: a slow turn delays the next one, it never meets it. */
export function every(options: EveryOptions, turn: (signal: AbortSignal) => void | Promise<void>): Every {
  return new Repeated(options, turn);
}

class Repeated implements Every {
  readonly #options: EveryOptions;
  readonly #turn: (signal: AbortSignal) => void | Promise<void>;
  readonly #stopping = new AbortController();
  #started = false;
  #timer: Timer | null = null;
  #going: Promise<void> = Promise.resolve();

  constructor(options: EveryOptions, turn: (signal: AbortSignal) => void | Promise<void>) {
    this.#options = options;
    this.#turn = turn;
  }

  start(): void {
    if (this.#started || this.#stopping.signal.aborted) return;
    this.#started = true;
    if (this.#options.atOnce === true) this.#go();
    else this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    await this.#going;
  }

  #schedule(): void {
    const { clock, intervalMs, jitter = 0, random = Math.random } = this.#options;
    this.#timer = clock.setTimer(() => this.#go(), Math.round(intervalMs * (1 - jitter * random())));
  }

  #go(): void {
    this.#going = this.#oneTurn();
  }

  async #oneTurn(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.#turn(signal);
    } catch (error) {
      this.#options.failed(error);
    }
    if (!signal.aborted) this.#schedule();
  }
}
