import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { echoToolset } from '../../support/echo-toolset.ts';
import { mcpClient } from '../../support/mcp-clients.ts';
import { type EndpointFixtureOptions, McpEndpointFixture } from '../../support/mcp-endpoint.ts';
import { OAuthServer } from '../../support/oauth-server.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function started(options: Partial<EndpointFixtureOptions> = {}): Promise<McpEndpointFixture> {
  const fixture = await McpEndpointFixture.start({ parts: [echoToolset().parts], ...options });
  open.push(fixture);
  return fixture;
}

const call = (id: number | string, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

interface Posted {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** A request with exactly these headers, Host included, which `fetch` does not let one set. */
async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Posted> {
  const request = httpRequest(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
  });
  request.end(typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('which host, which page', () => {
  test.each(['evil.example.com', 'evil.example.com:8080', '127.0.0.1.evil.com'])(
    'MCP-10: Host %j is refused before the body is read',
    async (host) => {
      const { url } = await started();
      const answer = await post(`${url}/mcp`, 'no JSON at all', { host });
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain('Parse');
    },
  );

  test('MCP-10: a page of another origin is refused; ours, and one that is allowed, are not', async () => {
    const { url } = await started({ server: { allowed_origins: ['http://localhost:6274'] } });
    const asked = (origin: string) => post(`${url}/mcp`, call(1, 'say'), { origin });
    expect((await asked('https://evil.example.com')).status).toBe(403);
    expect((await asked('null')).status).toBe(403);
    expect((await asked(url.replace(/:\d+$/, ':1'))).status).toBe(403);
    expect((await asked('http://localhost:6274')).status).toBe(200);
    expect((await asked(url)).status).toBe(200);
  });

  test('the host of health.public_url may be named', async () => {
    const { url } = await started({ publicUrl: 'https://nightcrier.example.com/x' });
    expect((await post(`${url}/mcp`, call(1, 'say'), { host: 'nightcrier.example.com' })).status).toBe(200);
  });
});

describe('keys', () => {
  const keys = [
    { name: 'ann', sha256: sha256('key-of-ann') },
    { name: 'bo', sha256: sha256('key-of-bo'), roles: ['operator'] },
  ];

  test('MCP-11: none, a wrong one and half a one are refused with a challenge; the record names whose it was', async () => {
    const fixture = await started({ server: { auth: { mode: 'keys', keys } } });
    const asked = (headers: Record<string, string>) => post(`${fixture.url}/mcp`, call(1, 'say'), headers);
    for (const headers of [
      {},
      { authorization: 'Bearer nobody' },
      { authorization: 'key-of-ann' },
      { authorization: 'Basic a2V5' },
    ]) {
      const answer = await asked(headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    }
    expect((await asked({ authorization: 'Bearer key-of-bo' })).status).toBe(200);
    expect(await fixture.records()).toMatchObject([{ actor: { sub: 'bo', roles: ['operator'] } }]);
  });

  test('in mode none health.token holds, when it is set', async () => {
    const { url } = await started({ healthToken: 'the-token' });
    expect((await post(`${url}/mcp`, call(1, 'say'))).status).toBe(401);
    expect((await post(`${url}/mcp`, call(1, 'say'), { authorization: 'Bearer the-token' })).status).toBe(200);
  });
});

describe('tokens of an authorization server', () => {
  const audience = 'https://nightcrier.example.com/mcp';

  async function withOAuth(): Promise<{
    fixture: McpEndpointFixture;
    oauth: OAuthServer;
    asked: (token: string) => Promise<Posted>;
  }> {
    const oauth = await OAuthServer.start();
    open.push(oauth);
    const auth = { mode: 'oauth', oauth: { issuer: oauth.issuer, audience, jwks_uri: oauth.jwksUri } };
    const fixture = await started({ server: { auth } });
    const asked = (token: string) => post(`${fixture.url}/mcp`, call(1, 'say'), { authorization: `Bearer ${token}` });
    return { fixture, oauth, asked };
  }

  test('MCP-11: a token that holds lets in; the metadata says who makes tokens', async () => {
    const { fixture, oauth, asked } = await withOAuth();
    expect((await asked(await oauth.token(audience))).status).toBe(200);
    expect(await fixture.records()).toMatchObject([{ actor: { sub: 'ann', roles: ['reader'] } }]);
    const metadata = await fetch(`${fixture.url}/.well-known/oauth-protected-resource/mcp`);
    expect(await metadata.json()).toMatchObject({ resource: audience, authorization_servers: [oauth.issuer] });
    const client = await mcpClient('2026-07-28', `${fixture.url}/mcp`, {
      authorization: `Bearer ${await oauth.token(audience, { scope: 'mcp:read mcp:admin' })}`,
    });
    expect((await client.callTool('say')).structuredContent).toEqual({ text: 'hello' });
    const refused = await client.callTool('read_log');
    expect(refused._meta?.['nightcrier/error']).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('mcp:logs'),
    });
  });

  test('MCP-11: another audience, another issuer, an end in the past, no end, no subject, other signatures are refused', async () => {
    const { oauth, asked } = await withOAuth();
    const past = Math.floor(Date.now() / 1000) - 3600;
    const usual = { iss: oauth.issuer, aud: audience, sub: 'ann', scope: 'mcp:read', exp: past + 7200 };
    const other = await OAuthServer.start();
    open.push(other);
    const tokens = [
      await oauth.token('https://other.example.com/mcp'),
      await oauth.token(audience, { iss: 'https://evil.example.com' }),
      await oauth.token(audience, { exp: past, iat: past - 10 }),
      await oauth.token(audience, { nbf: past + 7200 }),
      await oauth.token(audience, { exp: undefined }),
      await oauth.token(audience, { sub: undefined }),
      await other.token(audience, { iss: oauth.issuer }),
      new UnsecuredJWT(usual).encode(),
      await new SignJWT(usual)
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(new TextEncoder().encode('x'.repeat(32))),
      `${await oauth.token(audience)}x`,
      'no token',
    ];
    for (const token of tokens) {
      const { status, headers } = await asked(token);
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toContain(
        'resource_metadata="https://nightcrier.example.com/.well-known/oauth-protected-resource/mcp"',
      );
    }
  });

  test('MCP-11: without the scope 403, which names it', async () => {
    const { oauth, asked } = await withOAuth();
    const { status, headers } = await asked(await oauth.token(audience, { scope: 'mcp:logs' }));
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toMatch(/insufficient_scope.*scope="mcp:read"/);
  });

  test('a key that is new is asked for; the keys are not asked for at every request', async () => {
    const { oauth, asked } = await withOAuth();
    for (let n = 0; n < 5; n += 1) expect((await asked(await oauth.token(audience))).status).toBe(200);
    expect(oauth.asked).toBe(1);
  });

  test('keys that cannot be had are our failure, not that of the token', async () => {
    const { oauth, asked } = await withOAuth();
    const token = await oauth.token(audience);
    await oauth.stop();
    expect((await asked(token)).status).toBe(500);
  });
});

describe('requests that mean ill', () => {
  test('a body over 1 MiB, deep JSON, a batch of everything: refused, and the next one is answered', async () => {
    const { url } = await started();
    const large = await post(`${url}/mcp`, JSON.stringify(call(1, 'say', { text: 'x'.repeat(1_100_000) }))).catch(
      () => null,
    );
    expect([413, undefined]).toContain(large?.status);
    const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
    const inArgument = await post(
      `${url}/mcp`,
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"text":${deep}}}}`,
    );
    expect(inArgument.text).toContain('nested too deep');
    const batch = await post(
      `${url}/mcp`,
      Array.from({ length: 5000 }, (_, id) => call(id, 'say')),
    );
    expect(batch.status).toBeLessThan(501);
    expect((await post(`${url}/mcp`, call(1, 'say'))).text).toContain('hello');
  });

  test('headers of 2026-07-28 that disagree with the body are refused', async () => {
    const { url } = await started();
    const body = {
      ...call(1, 'say'),
      params: {
        name: 'say',
        arguments: {},
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    };
    const { status, text } = await post(`${url}/mcp`, body, {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'other',
    });
    expect(status).toBe(400);
    expect(text).toContain('-32020');
  });

  test.each(['/mcp/nothing', '/mcp/core/x', '/mcp/__proto__'])('there is nothing at %s', async (path) => {
    const { url } = await started();
    expect((await post(`${url}${path}`, call(1, 'say'))).status).toBe(404);
  });
});
