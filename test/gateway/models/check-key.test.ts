import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { checkKey } from '../../../src/gateway/models/check-key.ts';

const never = new AbortController().signal;

async function provider(status: number, body = '{}'): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const key = 'sk-canary';

test.each([
  ['anthropic', '/v1/models?limit=1', 'x-api-key', key],
  ['openai', '/v1/models', 'authorization', `Bearer ${key}`],
  ['gemini', '/v1beta/models?pageSize=1', 'x-goog-api-key', key],
] as const)(
  'GAT-3: %s is asked for its models, below the path of base_url, with the key',
  async (name, path, header, value) => {
    const { url, asked } = await provider(200);
    expect(await checkKey({ name, key, baseUrl: `${url}/proxy/` }, fetch, never)).toBeNull();
    expect(asked.map((request) => [request.method, request.url, request.headers[header]])).toEqual([
      ['GET', `/proxy${path}`, value],
    ]);
  },
);

test.each([
  [401, '{}', 'NC-GATEWAY-021'],
  [403, '{}', 'NC-GATEWAY-021'],
  [400, '{"error":{"message":"API key not valid"}}', 'NC-GATEWAY-021'],
  [400, '{"error":{"message":"odd"}}', 'NC-GATEWAY-023'],
  [302, '', 'NC-GATEWAY-023'],
  [500, 'oops', 'NC-GATEWAY-023'],
  [429, '{}', null],
  [404, '{}', null],
])('GAT-3: an answer of %i %s is %s', async (status, body, code) => {
  const { url } = await provider(status, body);
  const found = await checkKey({ name: 'anthropic', key, baseUrl: url }, fetch, never);
  expect(found?.code ?? null).toBe(code);
  expect(JSON.stringify(found)).not.toContain(key);
});

test('GAT-3: nobody answers', async () => {
  const found = await checkKey({ name: 'openai', key, baseUrl: 'http://127.0.0.1:1' }, fetch, never);
  expect(found).toMatchObject({
    code: 'NC-GATEWAY-023',
    fix: expect.stringContaining('gateway.models.openai') as string,
  });
});
