import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../lib/clock.ts';
import type { McpServerConfig } from '../config.ts';
import { TokenBucket } from '../../lib/work/token-bucket.ts';
import type { RateClass } from '../tool.ts';
import { ToolError } from '../tool-error.ts';

/** Callers that are kept apart; beyond it who has called least lately is forgotten. */
const maxCallers = 10_000;

interface Caller {
  buckets: Record<RateClass, TokenBucket>;
  running: number;
}

/** What one caller may ask: a rate for each class of tools, and so many calls at the same time. */
export class RateLimits {
  readonly #settings: () => McpServerConfig['rate_limit'];
  readonly #clock: Clock;
  #made: McpServerConfig['rate_limit'] | null = null;
  readonly #callers = new Map<string, Caller>();

  constructor(settings: () => McpServerConfig['rate_limit'], clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Begins a call; what it gives ends it. @throws ToolError `rate_limited`, with when to come again */
  begin(name: string, rate: RateClass): () => void {
    const caller = this.#caller(name);
    const { concurrent } = this.#settings();
    if (caller.running >= concurrent) throw limited(`${concurrent} calls of yours are running`, 1000);
    const waitMs = caller.buckets[rate].take();
    if (waitMs > 0) throw limited(`there were too many calls of this kind (${rate})`, waitMs);
    caller.running += 1;
    return () => {
      caller.running -= 1;
    };
  }

  #caller(name: string): Caller {
    const settings = this.#settings();
    if (!isDeepStrictEqual(settings, this.#made)) this.#renew(settings);
    const known = this.#callers.get(name);
    const caller = known ?? this.#rested(settings);
    // The last of the map is who called last.
    this.#callers.delete(name);
    this.#callers.set(name, caller);
    const [first] = this.#callers.keys();
    if (this.#callers.size > maxCallers && first !== undefined) this.#callers.delete(first);
    return caller;
  }

  /** Other limits hold from now on, for everybody; what runs still counts. */
  #renew(settings: McpServerConfig['rate_limit']): void {
    this.#made = settings;
    for (const caller of this.#callers.values()) caller.buckets = this.#rested(settings).buckets;
  }

  #rested({ reads, logs }: McpServerConfig['rate_limit']): Caller {
    const buckets = { reads: new TokenBucket(reads, this.#clock), logs: new TokenBucket(logs, this.#clock) };
    return { buckets, running: 0 };
  }
}

function limited(message: string, waitMs: number): ToolError {
  const retryAfterS = Math.ceil(waitMs / 1000);
  return new ToolError('rate_limited', message, `Call again in ${retryAfterS} s (mcp.rate_limit).`, { retryAfterS });
}
