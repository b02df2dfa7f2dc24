import { expect, onTestFinished, test } from 'vitest';
import { openGatewayRun } from '../support/gateway-run.ts';
import { waitUntil } from '../support/wait-until.ts';

test.each([
  ['no Host', 'GET /k8s/version HTTP/1.1\r\n\r\n'],
  ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: gateway\r\n\r\n'],
  ['an expectation', 'GET /k8s/version HTTP/1.1\r\nHost: gateway\r\nExpect: x\r\n\r\n'],
])('GAT-8: a request with %s is on record too', async (_what, bytes) => {
  const one = await openGatewayRun(null);
  onTestFinished(() => one.close());
  await one.raw(bytes, 500);
  await waitUntil(() => one.audit().length === 1, 'the record');
  expect(one.audit()).toMatchObject([{ decision: 'refuse', rule: 'http' }]);
});
