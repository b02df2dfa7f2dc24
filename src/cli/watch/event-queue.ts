interface Queued {
  readonly event: string;
  readonly data: unknown;
  /** How many were dropped between the one before and this one. */
  readonly after: number;
}

interface QueueOptions {
  /** So many events wait at most. */
  readonly most: number;
  /** Shows one event; it may have to ask for something first. Never rejects. */
  readonly show: (event: string, data: unknown) => Promise<void>;
  /** Told of events that were dropped, at the place in the order where they would have been. */
  readonly dropped: (count: number) => void;
}

/**
 * Events that are shown one after the other, in the order in which they happened. While one is being shown others wait, so
 * many and no more: what comes then is dropped, and how many were is said when the queue gets there.
 */
export class EventQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Queued[] = [];
  /** Dropped since the last one that waits. */
  #dropped = 0;
  #showing: Promise<void> | null = null;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(event: string, data: unknown): void {
    if (this.#waiting.length >= this.#options.most) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push({ event, data, after: this.#dropped });
    this.#dropped = 0;
    this.#showing ??= this.#showAll();
  }

  /** When all that waits is shown. */
  async shown(): Promise<void> {
    await this.#showing;
  }

  async #showAll(): Promise<void> {
    const { show, dropped } = this.#options;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (next.after > 0) dropped(next.after);
      await show(next.event, next.data);
    }
    if (this.#dropped > 0) dropped(this.#dropped);
    this.#dropped = 0;
    this.#showing = null;
  }
}
