import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { createRedactor } from '../../lib/redact/redact.ts';
import { authenticator } from '../../mcp/auth/authenticate.ts';
import { tokenVerifier } from '../../mcp/auth/oauth-tokens.ts';
import type { McpServerConfig } from '../../mcp/config.ts';
import { ToolAudit } from '../../mcp/server/audit-log.ts';
import { McpEndpoint } from '../../mcp/server/endpoint.ts';
import type { McpMetrics } from '../../mcp/server/metrics.ts';
import { RateLimits } from '../../mcp/server/rate-limits.ts';
import { Runner } from '../../mcp/server/run-tool.ts';
import type { ToolsetParts } from '../../mcp/tool.ts';

export interface McpOptions {
  readonly version: string;
  /** As it is configured now. */
  readonly settings: () => {
    readonly server: McpServerConfig;
    readonly healthToken: string | null;
    readonly publicUrl: string | null;
    /** Patterns and values that are taken out of results. */
    /** How long records of calls are kept, ms. */
    readonly keepMs: number;
    readonly redact: { readonly patterns: readonly string[]; readonly secrets: readonly string[] };
  };
  /** Every toolset that is built; those of `mcp.toolsets` are served. */
  readonly parts: readonly ToolsetParts[];
  readonly dataDir: string;
  /** Which process it is, in the name of its audit file. */
  readonly process: string;
  readonly fetch: Parameters<typeof tokenVerifier>[0]['fetch'];
  readonly metrics: McpMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The MCP server, wired. */
export function createMcp(options: McpOptions): McpEndpoint & { readonly audit: ToolAudit } {
  const { clock, settings } = options;
  const log = options.logger.child({ component: 'mcp' });
  const audit = new ToolAudit({
    folder: path.join(options.dataDir, 'audit'),
    name: options.process,
    keepMs: () => settings().keepMs,
    clock,
    log,
  });
  const endpoint = new McpEndpoint({
    version: options.version,
    parts: options.parts,
    toolsets: () => settings().server.toolsets,
    settings: () => {
      const { server, publicUrl } = settings();
      return { server, publicUrl };
    },
    who: authenticator({
      settings: () => {
        const { server, healthToken } = settings();
        return { auth: server.auth, healthToken };
      },
      verifyToken: tokenVerifier({ fetch: options.fetch, log }),
      clock,
    }),
    runner: new Runner({
      limits: new RateLimits(() => settings().server.rate_limit, clock),
      maxResultBytes: () => settings().server.max_result_bytes,
      redact: () => createRedactor(settings().redact),
      record: (record) => audit.add(record),
      metrics: options.metrics,
      clock,
      log,
    }),
    log,
  });
  return Object.assign(endpoint, { audit });
}
