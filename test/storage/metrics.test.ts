import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../src/lib/log.ts';
import { createStoreMetrics } from '../../src/storage/metrics.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { signal, startOfTime, storePolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';

test('OPS-2: the store tells how long its writes take and how many wait', async () => {
  const registry = new Registry();
  const metrics = createStoreMetrics(registry);
  const file = join(tempDir(), 'state.db');
  const store = await openStateStore({ file, policy: storePolicy(), logger: silentLogger, metrics });
  onTestFinished(() => store.close());
  // The first one keeps the writer busy while the others come.
  const many = Array.from({ length: 2000 }, (_, index) => signal({ pod: `first-${index}` }));
  const batches = [many, ...Array.from({ length: 19 }, (_, index) => [signal({ pod: `p-${index}` })])];
  const accepts = batches.map((batch) => store.accept(batch, startOfTime));
  expect(await registry.getSingleMetricAsString('nightcrier_state_queue_length')).toContain(
    'nightcrier_state_queue_length 20',
  );
  await Promise.all(accepts);
  const text = await registry.metrics();
  expect(text).toContain('nightcrier_state_requests_total{result="ok"} 20');
  expect(text).toContain('nightcrier_state_requests_total{result="unavailable"} 0');
  expect(text).toContain('nightcrier_state_queue_length 0');
  const transactions = Number(/nightcrier_state_write_duration_seconds_count (\d+)/.exec(text)?.[1]);
  // Requests that come together share a transaction.
  expect(transactions).toBeGreaterThan(0);
  expect(transactions).toBeLessThan(20);
});
