import type { Timer } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import type { ConnectionContext } from './context.ts';

/** How long throttled notifications are gathered before they are written down, ms. */
const gatherMs = 1000;

type Context = Pick<ConnectionContext, 'store' | 'clock' | 'events' | 'logger' | 'metrics'>;

/** Gathers what a connection throws away over its rate, and writes the count down about once a second. */
export class ThrottleReport {
  readonly #cluster: string;
  readonly #context: Context;
  readonly #onReported: () => void;
  #count = 0;
  #timer: Timer | null = null;

  constructor(cluster: string, context: Context, onReported: () => void) {
    this.#cluster = cluster;
    this.#context = context;
    this.#onReported = onReported;
  }

  add(count: number): void {
    this.#count += count;
    this.#timer ??= this.#context.clock.setTimer(() => void this.flush(), gatherMs);
  }

  /** Writes down what was gathered. What the store cannot take now is kept for the next time. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    const { store, events, clock, logger, metrics } = this.#context;
    try {
      await store.countThrottled(this.#cluster, count, clock.now());
      metrics.throttled(count);
      logger.warn({ cluster: this.#cluster, count }, 'faults over connection.max_faults_per_second were not taken');
      events.emit('connection:throttled', { cluster: this.#cluster, count });
    } catch (error) {
      logger.warn({ cluster: this.#cluster, count, error: errorText(error) }, 'throttled faults could not be counted');
      this.#count += count;
    }
    this.#onReported();
  }
}
