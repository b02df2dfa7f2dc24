import type { Clock } from '../../lib/clock.ts';

export interface Lasting<T> {
  readonly value: T;
  /** Wall clock, ms since the epoch; null: until it is refused. */
  readonly expiresAt: number | null;
}

/** Neither a failure nor a refused credential is asked about again sooner, ms. */
const againAfterMs = 5000;
/** A credential is renewed so long before its end, ms: it has to last for a request. */
const spareMs = 10_000;

/** A credential that somebody else gives: asked for once for all who wait, again when it expires or is refused. */
export class CredentialCache<T> {
  readonly #ask: () => Promise<Lasting<T>>;
  readonly #clock: Clock;
  #asking: Promise<T> | null = null;
  /** When it was last asked, and until when the answer is good; monotonic, ms. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #goodUntil = Number.NEGATIVE_INFINITY;

  constructor(ask: () => Promise<Lasting<T>>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** Rejects as `ask` does. */
  get(): Promise<T> {
    if (this.#asking === null || this.#clock.monotonic() >= this.#goodUntil) {
      this.#askedAt = this.#clock.monotonic();
      // Nobody asks a second time while the first is on its way.
      this.#goodUntil = Number.POSITIVE_INFINITY;
      this.#asking = this.#renew();
    }
    return this.#asking;
  }

  /** The API server refused the credential: false when it is too new for another to be asked for. */
  refused(): boolean {
    const old = this.#clock.monotonic() - this.#askedAt >= againAfterMs;
    if (old) this.#goodUntil = Number.NEGATIVE_INFINITY;
    return old;
  }

  async #renew(): Promise<T> {
    try {
      const { value, expiresAt } = await this.#ask();
      const left = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - this.#clock.now() - spareMs;
      this.#goodUntil = this.#clock.monotonic() + Math.max(left, 0);
      return value;
    } catch (error) {
      this.#goodUntil = this.#askedAt + againAfterMs;
      throw error;
    }
  }
}
