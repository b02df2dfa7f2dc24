/** What one collection may cost at most. */
export interface BudgetLimits {
  readonly requests: number;
  /** Bytes of evidence that are kept. */
  readonly bytes: number;
  readonly milliseconds: number;
  readonly concurrency: number;
  /** Objects of one list. */
  readonly listLimit: number;
  readonly logLines: number;
  readonly logBytes: number;
}

export const defaultBudget: BudgetLimits = {
  requests: 60,
  bytes: 8 * 1024 * 1024,
  milliseconds: 5000,
  concurrency: 8,
  listLimit: 250,
  logLines: 500,
  logBytes: 256 * 1024,
};

/** Counts the requests of one collection; `take` says no when they are used up. */
export class ReadBudget {
  used = 0;
  refused = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get left(): number {
    return this.#max - this.used;
  }

  take(): boolean {
    if (this.used >= this.#max) {
      this.refused += 1;
      return false;
    }
    this.used += 1;
    return true;
  }
}
