import { untilAborted } from '../abort.ts';

/** Work that nobody waits for before the end. */
export class Background {
  readonly #going = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  /** Aborted when the work has to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How many are under way. */
  get size(): number {
    return this.#going.size;
  }

  /** Does it in a moment, not before this call has returned; `failed` is told what it throws. After the stop nothing is done. */
  run(work: (signal: AbortSignal) => Promise<void>, failed: (error: unknown) => void): void {
    if (this.signal.aborted) return;
    const going = Promise.resolve()
      .then(() => work(this.signal))
      .catch(failed)
      .finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** Nothing is under way. */
  async idle(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going);
  }

  /** Waits until `signal` is aborted for what is under way, and cuts the rest off. */
  async stop(signal: AbortSignal): Promise<void> {
    await untilAborted(this.idle(), signal).catch(() => {});
    this.#abort.abort();
  }
}
