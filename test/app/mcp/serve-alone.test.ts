import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveAlone } from '../../../src/app/mcp/serve-alone.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the MCP server alone', () => {
  async function started(token: string | null = null) {
    const clock = new ManualClock();
    let answer: (() => void) | null = null;
    let running: Promise<void> = Promise.resolve();
    const server = await serveAlone({
      mcp: {
        idle: () => running,
        serve: async (request, response) => {
          if (request.url === '/mcp/slow') await (running = new Promise<void>((resolve) => (answer = resolve)));
          response.writeHead(200).end('answered');
        },
      },
      registry: new Registry(),
      host: '127.0.0.1',
      port: 0,
      token,
      drainMs: 1000,
      clock,
      logger: silentLogger,
    });
    onTestFinished(async () => {
      const stopped = server.stop(0);
      await clock.advance(10_000);
      await stopped;
    });
    return { ...server, clock, release: () => answer?.() };
  }

  test('MCP-2: has health, metrics (with the token) and MCP, nothing else', async () => {
    const { url } = await started('t');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready' });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer t' } })).status).toBe(200);
    expect(await (await fetch(`${url}/mcp`)).text()).toBe('answered');
  });

  test('MCP-2: a stop is not ready first, lets calls that run end, and takes no new ones then', async () => {
    const server = await started();
    const { url } = server;
    const slow = fetch(`${url}/mcp/slow`);
    // The call is there when the next one is answered.
    await fetch(`${url}/mcp`);
    const stopped = server.stop(60_000);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect(await (await fetch(`${url}/mcp`)).text()).toBe('answered');
    await server.clock.advance(1000);
    await expect(fetch(`${url}/mcp`)).rejects.toThrow('fetch failed');
    server.release();
    expect(await (await slow).text()).toBe('answered');
    await stopped;
  });

  test('a port that is taken is a problem with a code', async () => {
    const { url } = await started();
    const port = Number(new URL(url).port);
    const mcp = { serve: async () => {}, idle: async () => {} };
    const rest = { token: null, drainMs: 0, clock: new ManualClock(), logger: silentLogger };
    const options = { mcp, registry: new Registry(), host: '127.0.0.1', port, ...rest };
    await expect(serveAlone(options)).rejects.toMatchObject({ code: 'NC-HEALTH-006' });
  });
});
