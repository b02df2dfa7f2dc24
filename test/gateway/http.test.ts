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

test.each([
  ['a path where nothing is', 'POST', '/elsewhere', 404],
  ['a write to the cluster', 'POST', '/k8s/api/v1/namespaces/shop/pods', 403],
  ['another file than the two', 'PUT', '/output/other.txt', 403],
  ['a file that is too large', 'PUT', '/output/verdict.json', 413],
] as const)(
  'GAT-8: whoever looks for an answer only after a long body hears it: %s',
  async (_what, method, address, status) => {
    const one = await openGatewayRun(null);
    onTestFinished(() => one.close());
    const sent = { method, body: 'x'.repeat(16 * 1024 * 1024) };
    const answer = await fetch(`http://127.0.0.1:${one.port}${address}`, sent);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain('"status":"Failure"');
  },
);
