import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface StoreMetrics {
  /** One transaction: seconds, requests in it, and whether nothing could be written. */
  observeWrite(seconds: number, requests: number, failed: boolean): void;
  /** Where the length of the queue to the writer is read at each scrape. */
  watchQueue(length: () => number): void;
}

/** Metrics of the state store. */
export function createStoreMetrics(registry: Registry): StoreMetrics {
  let queueLength = (): number => 0;
  const duration = new Histogram({
    name: 'nightcrier_state_write_duration_seconds',
    help: 'Time of one transaction of the state store, with its fsync.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const requestsTotal = new Counter({
    name: 'nightcrier_state_requests_total',
    help: 'Requests to the writer of the state store, by result.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['ok', 'unavailable']) requestsTotal.inc({ result }, 0);
  const queue: Gauge = new Gauge({
    name: 'nightcrier_state_queue_length',
    help: 'Requests that wait for the writer of the state store.',
    registers: [registry],
    collect(): void {
      queue.set(queueLength());
    },
  });
  return {
    observeWrite: (seconds, requests, failed) => {
      duration.observe(seconds);
      requestsTotal.inc({ result: failed ? 'unavailable' : 'ok' }, requests);
    },
    watchQueue: (length) => {
      queueLength = length;
    },
  };
}
