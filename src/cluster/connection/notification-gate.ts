import type { Clock } from '../../lib/clock.ts';
import { TokenBucket } from './token-bucket.ts';

/**
 * - `fault`: a fault within the rate; to be parsed
 * - `throttled`: a fault over the rate; to be counted
 * - `other`: another message within the rate; to be parsed
 * - `ignored`: nothing that we need
 */
export type Admission = 'fault' | 'throttled' | 'other' | 'ignored';

/** Other messages of a server than faults and answers, a second: requests, log lines, list changes. */
const otherPerSecond = 50;
/** Answers a second: they are bounded by our own requests, but a server can also make them up. */
const answersPerSecond = 2000;
/** A JSON-RPC notification names its method within so many characters (an answer has `id` and `result` there). */
const headLength = 160;

/**
 * Decides about a message of a server before it is parsed, so that a flood costs a text search a message and no more.
 * Inside a JSON string a quote is escaped, so a name with its closing quote is never part of a value's text.
 */
export class NotificationGate {
  readonly #faults: TokenBucket;
  readonly #others: TokenBucket;
  readonly #answers: TokenBucket;

  constructor(maxFaultsPerSecond: number, clock: Pick<Clock, 'monotonic'>) {
    const now = (): number => clock.monotonic();
    this.#faults = new TokenBucket(maxFaultsPerSecond, now);
    this.#others = new TokenBucket(otherPerSecond, now);
    this.#answers = new TokenBucket(answersPerSecond, now);
  }

  /** For a fault that was seen only when it was parsed. */
  admitFault(): boolean {
    return this.#faults.take();
  }

  admit(text: string): Admission {
    if (!isNotification(text)) {
      const request = text.slice(0, headLength).includes('"method"');
      return (request ? this.#others : this.#answers).take() ? 'other' : 'ignored';
    }
    if (text.includes('"kubernetes/faults"')) return this.#faults.take() ? 'fault' : 'throttled';
    if (!text.includes('"kubernetes/subscription_error"')) return 'ignored';
    return this.#others.take() ? 'other' : 'ignored';
  }
}

/** Whether a text begins like a notification: they have the small limit, answers the large one. */
export function isNotification(text: string): boolean {
  return /"method"\s*:\s*"notifications\//.test(text.slice(0, headLength));
}
