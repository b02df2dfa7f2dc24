import type { ModelSpend } from '../../domain/agent-gateway.ts';
import { nothingSpent, type Spent } from '../../domain/agent-limits.ts';

export interface SpendMeterOptions {
  /** Writes what was spent so far, in place of what was written before. */
  readonly save: (spent: Spent) => Promise<void>;
  /** Told of each answer by itself. */
  readonly onSpend: (spent: Spent) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Counts what the agent of one run spends and has it written as it happens: one write at a time, each with everything up
 * to then, so that one that failed is made good by the next.
 */
export class SpendMeter {
  readonly #options: SpendMeterOptions;
  #spent = nothingSpent;
  #written = nothingSpent;
  #writing: Promise<void> | null = null;

  constructor(options: SpendMeterOptions) {
    this.#options = options;
  }

  get spent(): Spent {
    return this.#spent;
  }

  /** One answer of a model has ended. */
  add({ tokens, usd }: ModelSpend): void {
    const one: Spent = { answers: 1, tokens, usd: usd ?? 0, unpriced: usd === null ? 1 : 0 };
    this.#spent = sum(this.#spent, one);
    this.#options.onSpend(one);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything is written, or its last write failed. */
  async flush(): Promise<void> {
    if (this.#written !== this.#spent) this.#writing ??= this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (this.#written !== this.#spent) {
        const spent = this.#spent;
        await this.#options.save(spent);
        this.#written = spent;
      }
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#writing = null;
    }
  }
}

function sum(a: Spent, b: Spent): Spent {
  return {
    answers: a.answers + b.answers,
    tokens: {
      input: a.tokens.input + b.tokens.input,
      cached: a.tokens.cached + b.tokens.cached,
      output: a.tokens.output + b.tokens.output,
    },
    usd: a.usd + b.usd,
    unpriced: a.unpriced + b.unpriced,
  };
}
