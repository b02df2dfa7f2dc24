import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveAlone } from '../../../src/app/mcp/serve-alone.ts';

describe('the MCP server alone', () => {
  async function started(token: string | null = null) {
    let answer: (() => void) | null = null;
    const server = await serveAlone({
      mcp: {
        serve: async (request, response) => {
          if (request.url === '/mcp/slow') await new Promise<void>((resolve) => (answer = resolve));
          response.writeHead(200).end('answered');
        },
      },
      registry: new Registry(),
      host: '127.0.0.1',
      port: 0,
      token,
    });
    onTestFinished(() => server.stop(0));
    return { ...server, release: () => answer?.() };
  }

  test('MCP-2: has health, metrics (with the token) and MCP, nothing else', async () => {
    const { url } = await started('t');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready' });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer t' } })).status).toBe(200);
    expect(await (await fetch(`${url}/mcp`)).text()).toBe('answered');
  });

  test('MCP-2: a stop lets calls that run end, and takes no new ones', async () => {
    const server = await started();
    const { url } = server;
    const slow = fetch(`${url}/mcp/slow`);
    // The call is there when the next one is answered.
    await fetch(`${url}/mcp`);
    const stopped = server.stop(60_000);
    await expect(fetch(`${url}/mcp`)).rejects.toThrow('fetch failed');
    server.release();
    expect(await (await slow).text()).toBe('answered');
    await stopped;
  });

  test('a port that is taken is a problem with a code', async () => {
    const { url } = await started();
    const port = Number(new URL(url).port);
    const options = { mcp: { serve: async () => {} }, registry: new Registry(), host: '127.0.0.1', port, token: null };
    await expect(serveAlone(options)).rejects.toMatchObject({ code: 'NC-HEALTH-006' });
  });
});
