/** Work on one key goes one after the other, in the order in which it was asked for; other keys do not wait. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Does `work` when all earlier work on the key has ended, however it ended; gives what it gives. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(work);
    const ended = untilEnded(mine);
    this.#last.set(key, ended);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}

async function untilEnded(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}
