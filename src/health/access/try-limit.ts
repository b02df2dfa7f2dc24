export interface TryLimitOptions {
  /** Failures of one address within the window. */
  readonly each: number;
  /** Failures of all addresses together: who has many addresses gains nothing. */
  readonly all: number;
  readonly windowMs: number;
}

/** How often a secret may be guessed. Bounded: it remembers no more than `all` failures. */
export class TryLimit {
  readonly #options: TryLimitOptions;
  #failures: { readonly from: string; readonly at: number }[] = [];

  constructor(options: TryLimitOptions) {
    this.#options = options;
  }

  /** How long nothing is looked at that comes from there, ms; 0: now. `now` in ms since the epoch. */
  wait(from: string, now: number): number {
    const { each, all, windowMs } = this.#options;
    this.#failures = this.#failures.filter(({ at }) => at > now - windowMs);
    const own = this.#failures.filter((failure) => failure.from === from);
    // The one whose end makes room again.
    const last = [own.at(-each), this.#failures.at(-all)].filter((failure) => failure !== undefined);
    return Math.max(0, ...last.map(({ at }) => at + windowMs - now));
  }

  failed(from: string, now: number): void {
    this.#failures = [...this.#failures, { from, at: now }].slice(-this.#options.all);
  }
}
