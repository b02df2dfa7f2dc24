import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { registerGatewayMetrics } from '../../src/gateway/metrics.ts';

test('OPS-2: requests are counted by what was decided', async () => {
  const registry = new Registry();
  registerGatewayMetrics(registry)('refuse');
  const text = await registry.metrics();
  expect(text).toContain('nightcrier_gateway_requests_total{decision="refuse"} 1');
  expect(text).toContain('nightcrier_gateway_requests_total{decision="allow"} 0');
});
