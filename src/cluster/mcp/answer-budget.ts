/** What each answer may hold without asking, bytes. */
const freeBytes = 256 * 1024;

/**
 * Memory for answers that are being read, over all clusters. Nobody waits for it: an answer that finds it used up is
 * refused, so a slow server that holds memory delays no other, and the reader can ask for less at a time.
 */
export class AnswerBudget {
  readonly #total: number;
  #used = 0;

  constructor(totalBytes: number) {
    this.#total = totalBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** One answer's share: `grow` says whether it may hold so many bytes in all; `release` gives everything back. */
  share(): { grow(bytes: number): boolean; release(): void } {
    let held = 0;
    return {
      grow: (bytes) => {
        const more = bytes - freeBytes - held;
        if (more <= 0) return true;
        if (this.#used + more > this.#total) return false;
        held += more;
        this.#used += more;
        return true;
      },
      release: () => {
        this.#used -= held;
        held = 0;
      },
    };
  }
}
