type Release = () => void | Promise<void>;

/**
 * A stack of releases: each part registers its own on the line after it is made. `run` takes them in reverse order,
 * goes on past failures and throws them joined. A second call gets the same promise.
 */
export class Cleanups {
  readonly #entries: { name: string; release: Release }[] = [];
  #running: Promise<void> | null = null;

  add(name: string, release: Release): void {
    this.#entries.push({ name, release });
  }

  /** @throws AggregateError of every release that failed, each named. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const errors: Error[] = [];
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      try {
        await entry.release();
      } catch (error) {
        errors.push(new Error(`release of ${entry.name} failed`, { cause: error }));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
  }
}
