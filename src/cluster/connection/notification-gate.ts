import { headOf, isNotification } from '../mcp/messages.ts';

/**
 * - `fault`: a fault within the rate; to be parsed
 * - `throttled`: a fault over the rate; to be counted
 * - `other`: another message within the rate; to be parsed
 * - `ignored`: nothing that we need
 */
export type Admission = 'fault' | 'throttled' | 'other' | 'ignored';

/** How many faults of one server are taken. */
export interface FaultRate {
  /** Over a long time, a second. */
  readonly perSecond: number;
  /** At once: what happens to a whole cluster at one moment is no flood. */
  readonly burst: number;
}

/** Other messages of a server than faults and answers, a second: requests, log lines, list changes. */
const otherPerSecond = 50;
/** Answers a second: they are bounded by our own requests, but a server can also make them up. */
const answersPerSecond = 2000;

/**
 * Decides about a message of a server before it is parsed, so that a flood costs a text search a message and no more.
 * Inside a JSON string a quote is escaped, so a name with its closing quote is never part of a value's text.
 */
export class NotificationGate {
  readonly #faults: TokenBucket;
  readonly #others: TokenBucket;
  readonly #answers: TokenBucket;

  constructor(faults: FaultRate, now: number) {
    this.#faults = new TokenBucket(faults.perSecond, now, faults.burst);
    this.#others = new TokenBucket(otherPerSecond, now);
    this.#answers = new TokenBucket(answersPerSecond, now);
  }

  /** For a fault that was seen only when it was parsed. */
  admitFault(now: number): boolean {
    return this.#faults.take(now);
  }

  admit(text: string, now: number): Admission {
    if (!isNotification(text)) {
      const request = headOf(text).includes('"method"');
      return (request ? this.#others : this.#answers).take(now) ? 'other' : 'ignored';
    }
    if (text.includes('"kubernetes/faults"')) return this.#faults.take(now) ? 'fault' : 'throttled';
    if (!text.includes('"kubernetes/subscription_error"')) return 'ignored';
    return this.#others.take(now) ? 'other' : 'ignored';
  }
}

/** Allows `perSecond` takings a second, and `burst` at once after an idle time. Times in ms that never jump. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, now: number, burst: number = perSecond) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(burst, perSecond);
    this.#tokens = this.#burst;
    this.#at = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
