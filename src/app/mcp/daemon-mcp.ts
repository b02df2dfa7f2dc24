import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Config } from '../../config/schema.ts';
import type { AgentTools } from '../../gateway/answer.ts';
import type { FallbackReader } from '../../kube/read/fallback-reader.ts';
import { errorText } from '../../lib/problem.ts';
import { every } from '../../lib/every.ts';
import { fetchThrough } from '../process/fetch-through.ts';
import { createRedactor } from '../../lib/redact/redact.ts';
import { effectiveServer, mcpServerSchema } from '../../mcp/config.ts';
import { mcpMetrics } from '../../mcp/server/metrics.ts';
import type { createMcp, McpOptions } from './create-mcp.ts';
import type { ToolsetWorld } from './toolsets.ts';

/** The MCP server of a daemon. */
export interface DaemonMcp {
  /** Answers a request that comes over HTTP; its own gate asks who it is. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Answers a request of the agent of a run, which sees its own cluster alone. */
  readonly forAgents: AgentTools;
  /** Serves one client over standard input and output until it hangs up, or the signal. */
  serveStdio(signal: AbortSignal): Promise<void>;
  /** Resolves when no call runs. */
  idle(): Promise<void>;
  /** Ends the calls that run, and writes what is to be on record. */
  stop(): Promise<void>;
}

export interface DaemonMcpOptions
  extends
    Pick<McpOptions, 'version' | 'process' | 'clock' | 'logger'>,
    Omit<ToolsetWorld, 'fleet' | 'readerOf' | 'toolsets' | 'config' | 'onResources' | 'redact'> {
  readonly current: { readonly now: ConfiguredNow };
  readonly registry: Registry;
  readonly accesses: { of(cluster: string): { readonly reader: FallbackReader } | null };
}

interface ConfiguredNow {
  readonly config: Pick<
    Config,
    'mcp' | 'health' | 'gateway' | 'storage' | 'data_dir' | 'workflows' | 'palette' | 'teleport' | 'clusters'
  >;
  readonly fleet: ReturnType<ToolsetWorld['fleet']>;
  readonly secrets: readonly string[];
}

/** Between looks at the files of workflows, ms. */
const lookEveryMs = 10_000;

type Made = ReturnType<typeof createMcp>;

/** Made with the first request: the protocol and the schemas of its tools take 20 MB, and most daemons are never asked. */
export function daemonMcp(options: DaemonMcpOptions): DaemonMcp {
  const { current } = options;
  // From the start, so that a scrape knows them before the first call.
  const metrics = mcpMetrics(options.registry);
  let opened: Promise<{ mcp: Made; close: () => Promise<unknown> }> | null = null;
  const open = async () => {
    const [{ createMcp }, { toolsetParts }, { fetch, close }] = await Promise.all([
      import('./create-mcp.ts'),
      import('./toolsets.ts'),
      fetchThrough(options.env),
    ]);
    const { config } = current.now;
    const settings = () => mcpSettings(current.now);
    const made: { mcp: Made | null } = { mcp: null };
    const toolsets = toolsetParts({
      ...options,
      redact: () => createRedactor(settings().redact),
      fleet: () => current.now.fleet,
      readerOf: (cluster) => options.accesses.of(cluster)?.reader ?? null,
      toolsets: () => settings().server.toolsets,
      config: () => current.now.config,
      onResources: (uris) => {
        const changed = made.mcp?.changed;
        for (const uri of uris) changed?.resourceUpdated(uri);
        changed?.resourcesChanged();
        changed?.promptsChanged();
      },
    });
    made.mcp = createMcp({ ...options, metrics, dataDir: config.data_dir, settings, fetch, parts: toolsets.parts });
    const { clock, logger } = options;
    const failed = (error: unknown): void => logger.warn({ err: errorText(error) }, 'workflows could not be read');
    let served = settings().server.toolsets.join();
    const looking = every({ clock, intervalMs: lookEveryMs, failed }, () => {
      toolsets.look();
      const now = settings().server.toolsets.join();
      if (now !== served) made.mcp?.changed.toolsChanged();
      served = now;
    });
    looking.start();
    return { mcp: made.mcp, close: () => Promise.all([looking.stop(), toolsets.close(), close()]) };
  };
  const now = async () => (await (opened ??= open())).mcp;
  return {
    serve: async (request, response) => {
      const { mcp, health } = current.now.config;
      if (effectiveServer(mcp, health) === null) return notHere(response);
      await (await now()).serve(request, response);
    },
    forAgents: async (request, response, { runId, cluster }, onAnswer) => {
      const principal = { name: `run ${runId}`, roles: [], audience: 'agent' } as const;
      const caller = { principal, via: 'gateway', scopes: null, ip: null, onlyCluster: cluster, onAnswer } as const;
      await (await now()).serveKnown(request, response, caller);
    },
    serveStdio: async (signal) => await (await now()).serveStdio(signal),
    idle: async () => await (await opened)?.mcp.idle(),
    stop: async () => {
      if (opened === null) return;
      const { mcp, close } = await opened;
      await mcp.close();
      await mcp.audit.close();
      await close();
    },
  };
}

/** What the configuration says of the server; one that has been turned off meanwhile still answers what it has begun. */
function mcpSettings({ config, secrets }: Omit<ConfiguredNow, 'fleet'>): ReturnType<McpOptions['settings']> {
  const { mcp, health, gateway, storage } = config;
  return {
    server: effectiveServer(mcp, health) ?? withoutServer,
    healthToken: health.token ?? null,
    publicUrl: health.public_url ?? null,
    keepMs: storage.retention.incidents,
    redact: { patterns: gateway.redact.patterns, secrets },
  };
}

const withoutServer = mcpServerSchema.parse({});

function notHere(response: ServerResponse): void {
  const message = 'the MCP server is off: set mcp in the configuration, or health.host to a loopback address';
  response.writeHead(404, { 'content-type': 'application/json', connection: 'close' });
  response.end(
    JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message, data: { code: 'NC-HEALTH-005' } }, id: null }),
  );
}
