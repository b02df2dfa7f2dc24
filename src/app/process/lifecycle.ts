import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';

/** A part of the daemon that starts and stops. */
export interface Part {
  readonly name: string;
  start(): void | Promise<void>;
  /** `withinMs`: what is left of the time for the stop, milliseconds. */
  stop?(withinMs: number): void | Promise<void>;
}

export interface LifecycleOptions {
  /** In the order of their start; they stop in reverse. */
  readonly parts: readonly Part[];
  /** Releases what was made before any part started. */
  readonly release: () => Promise<void>;
  /** For the whole stop (`shutdown_timeout`), milliseconds, as it is configured then. */
  readonly timeoutMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of the time for a stop, kept for closing files and for the parts that stop last, milliseconds. */
const reserveMs = 1000;
/** A part that has used up the time still gets this much, so that those behind it are stopped as well. */
const leastMs = 250;

/**
 * Starts parts one after another and stops them in reverse. A start that fails, or that a stop overtakes, stops what has
 * started. The stop is bounded: a part that does not end in time is named in the log and left behind.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #started: { part: Part; going: Promise<void> }[] = [];
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #ready = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Why nobody should count on the daemon now, empty when they can. */
  notReady(): readonly string[] {
    if (this.#stopping !== null) return ['stopping'];
    return this.#ready ? [] : ['starting'];
  }

  /** A second call gets the same promise. @throws what a part throws; Error when a stop came first */
  start(): Promise<void> {
    this.#starting ??= this.#startAll();
    return this.#starting;
  }

  /** Never rejects. A second call gets the same promise. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #startAll(): Promise<void> {
    try {
      for (const part of this.#options.parts) {
        this.#notStopping();
        const going = begin(part);
        this.#started.push({ part, going });
        await going;
      }
      this.#notStopping();
      this.#ready = true;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  #notStopping(): void {
    if (this.#stopping !== null) throw new Error('stopped while starting');
  }

  async #stopAll(): Promise<void> {
    const { clock, release } = this.#options;
    const timeoutMs = this.#options.timeoutMs();
    const reserve = Math.min(reserveMs, timeoutMs / 4);
    const deadline = clock.monotonic() + timeoutMs - reserve;
    const left = (): number => Math.max(0, deadline - clock.monotonic());
    for (let entry = this.#started.pop(); entry; entry = this.#started.pop()) {
      const { part, going } = entry;
      // What is half started cannot be stopped well: it gets a moment.
      await withTimeLimit(clock, reserve, new AbortController().signal, () => going).catch(() => {});
      await this.#bounded(part.name, Math.max(left(), leastMs), async () => part.stop?.(left()));
    }
    await this.#bounded('files', Math.max(left() + reserve, leastMs), release);
  }

  /** Never rejects. */
  async #bounded(part: string, ms: number, work: () => Promise<void>): Promise<void> {
    try {
      await withTimeLimit(this.#options.clock, ms, new AbortController().signal, work);
    } catch (error) {
      this.#options.logger.error({ part, error: errorText(error) }, 'a part did not stop as it should');
    }
  }
}

/** What a part throws at once comes as a rejection, too. */
async function begin(part: Part): Promise<void> {
  await part.start();
}
