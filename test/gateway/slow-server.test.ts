import { expect, test } from 'vitest';
import { runBefore } from '../support/gateway-before.ts';

test('GAT-1: an API server that does not answer is told as such, in a status', async () => {
  const { run } = await runBefore(() => {});
  const request = 'GET /k8s/api/v1/pods HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n';
  const answer = await run.raw(request, 50_000);
  expect(answer).toMatch(/^HTTP\/1\.1 504 /);
  expect(answer).toContain('"message":"the API server did not answer in time","reason":"Timeout"');
}, 60_000);
