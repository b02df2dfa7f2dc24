/** Of so many clusters more than half at once may also mean that another management cluster answers, or another selector. */
const fewClusters = 4;
/** When most clusters are gone at once, that counts after it was seen for so long, ms. */
export const believedAfterMs = 10 * 60_000;

interface Loss {
  /** Clusters that are gone. */
  readonly gone: readonly string[];
  /** Clusters whose Secrets are not there, and which stay: so many. */
  readonly doubted: number;
}

/**
 * Decides when clusters without a Secret are gone: at the second list in a row that does not have it; when most clusters
 * of a source are gone at once, after that has lasted. One for each source.
 */
export class SecretLoss {
  #missing: ReadonlySet<string> = new Set();
  /** Since when most are gone, by the monotonic clock. */
  #since: number | null = null;
  /** What was known then: that others came meanwhile makes the loss no smaller. */
  #base: ReadonlySet<string> | null = null;

  /** A whole list has come. `now`: ms of the monotonic clock. */
  judge(known: readonly string[], seen: ReadonlySet<string>, now: number): Loss {
    const lost = known.filter((key) => !seen.has(key));
    const base = [this.#base, new Set(known)].find((all) => all !== null && isMost(lost, all)) ?? null;
    this.#since = base === null ? null : (this.#since ?? now);
    this.#base = base;
    const isBelieved = this.#since === null || now - this.#since >= believedAfterMs;
    const gone = isBelieved ? lost.filter((key) => this.#missing.has(key)) : [];
    this.#missing = new Set(lost);
    if (isBelieved) this.interrupt();
    return { gone, doubted: isBelieved ? 0 : lost.length };
  }

  /** No list could be had: how long most were seen to be gone counts anew. */
  interrupt(): void {
    this.#since = null;
    this.#base = null;
  }
}

function isMost(lost: readonly string[], all: ReadonlySet<string>): boolean {
  const count = lost.filter((key) => all.has(key)).length;
  return count > 0 && (count === all.size || (all.size >= fewClusters && count > all.size / 2));
}
