import { expect, onTestFinished, test } from 'vitest';
import { HealthFixture } from '../support/health-fixture.ts';

test('MCP-1: what comes to the MCP server is handed on before its body is read, past the token of the rest', async () => {
  const seen: string[] = [];
  const fixture = await HealthFixture.start({
    token: () => 'of the rest',
    mcp: async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
      seen.push(`${request.method} ${request.url} ${body.length}`);
      response.writeHead(200).end('its own answer');
    },
  });
  onTestFinished(() => fixture.stop());
  const large = 'x'.repeat(200_000);
  const post = await fetch(`${fixture.url}/mcp/core`, {
    method: 'POST',
    body: large,
    headers: { 'content-type': 'application/json' },
  });
  expect([post.status, await post.text()]).toEqual([200, 'its own answer']);
  await (await fetch(`${fixture.url}/mcp`)).text();
  await (await fetch(`${fixture.url}/.well-known/oauth-protected-resource/mcp`)).text();
  expect(seen).toEqual(['POST /mcp/core 200000', 'GET /mcp 0', 'GET /.well-known/oauth-protected-resource/mcp 0']);
  expect((await fetch(`${fixture.url}/api/incidents`)).status).toBe(401);
});

test('a failure of the MCP server ends that request alone', async () => {
  const fixture = await HealthFixture.start({ mcp: () => Promise.reject(new Error('it broke')) });
  onTestFinished(() => fixture.stop());
  await expect(fetch(`${fixture.url}/mcp`, { method: 'POST' })).rejects.toThrow('fetch failed');
  expect((await fetch(`${fixture.url}/health/live`)).status).toBe(200);
});
