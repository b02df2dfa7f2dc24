import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { createMcp } from '../../src/app/mcp/create-mcp.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { type McpServerConfig, mcpServerSchema } from '../../src/mcp/config.ts';
import { mcpMetrics } from '../../src/mcp/server/metrics.ts';
import { toolsets, type ToolsetParts } from '../../src/mcp/tool.ts';
import { newTempDir } from './temp-dir.ts';

export interface EndpointFixtureOptions {
  readonly parts: readonly ToolsetParts[];
  /** What stands under `mcp:`; every toolset is served, without limits that a test would meet, unless it says otherwise. */
  readonly server?: Record<string, unknown>;
  /** Instead of `server`, when it changes. */
  readonly settings?: () => McpServerConfig;
  readonly healthToken?: string | null;
  readonly publicUrl?: string | null;
  readonly secrets?: readonly string[];
  readonly clock?: Clock;
}

const generous = { reads: '1000000/s', logs: '1000000/s', concurrent: 1000 };

/** The MCP server behind a real HTTP server, as the daemon has it. */
export class McpEndpointFixture {
  readonly url: string;
  readonly registry: Registry;
  readonly #close: () => Promise<void>;
  readonly #dir: string;
  readonly #mcp: ReturnType<typeof createMcp>;

  private constructor(
    url: string,
    registry: Registry,
    dir: string,
    mcp: ReturnType<typeof createMcp>,
    close: () => Promise<void>,
  ) {
    this.url = url;
    this.registry = registry;
    this.#dir = dir;
    this.#mcp = mcp;
    this.#close = close;
  }

  static async start(options: EndpointFixtureOptions): Promise<McpEndpointFixture> {
    const { dir, remove } = newTempDir();
    const registry = new Registry();
    const fixed = mcpServerSchema.parse({ toolsets, rate_limit: generous, ...options.server });
    const mcp = createMcp({
      version: '1.2.3',
      settings: () => ({
        server: options.settings?.() ?? fixed,
        healthToken: options.healthToken ?? null,
        publicUrl: options.publicUrl ?? null,
        keepMs: 86_400_000,
        redact: { patterns: [], secrets: options.secrets ?? [] },
      }),
      parts: options.parts,
      dataDir: dir,
      process: 'mcp',
      fetch: (address, init) => fetch(address, init),
      metrics: mcpMetrics(registry),
      clock: options.clock ?? systemClock,
      logger: silentLogger,
    });
    const http = createServer((request, response) => void mcp.serve(request, response));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    return new McpEndpointFixture(`http://127.0.0.1:${port}`, registry, dir, mcp, async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await mcp.close();
      await mcp.audit.close();
      remove();
    });
  }

  /** The calls on record so far. */
  async records(): Promise<Record<string, unknown>[]> {
    await this.#mcp.audit.close();
    const folder = path.join(this.#dir, 'audit');
    return readdirSync(folder)
      .sort()
      .flatMap((file) => readFileSync(path.join(folder, file), 'utf8').trim().split('\n'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get mcp(): ReturnType<typeof createMcp> {
    return this.#mcp;
  }

  stop(): Promise<void> {
    return this.#close();
  }
}
