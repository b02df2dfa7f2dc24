import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errorText } from '../../lib/problem.ts';
import { type ProxyEnvironment, proxyFor } from '../../lib/proxy/proxy-for.ts';
import type { McpConfig } from '../config.ts';
import { ConnectionFailure } from './outcome.ts';

/** The connections to servers of one authority. */
export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** The agents of all MCP connections: one pair for all clusters, and one for each authority file and each proxy. */
export interface AgentDirectory {
  /** @throws ConnectionFailure `ca_file` when the file cannot be read, `network` for a proxy that cannot be used */
  agentsFor(mcp: Pick<McpConfig, 'endpoint' | 'ca_file' | 'insecure_skip_tls_verify'>): Agents;
  close(): void;
}

/** A connection that nobody uses is closed after so long, ms. */
const idleMs = 4000;
/** Probes on an idle connection: a path that drops it silently is noticed, and kept open when it need not be. */
const keepAliveProbeMs = 25_000;

/** By the proxies that the environment names, with the rules of kubectl. */
export function createAgents(env: ProxyEnvironment): AgentDirectory {
  // By file: as many as are configured. When a file is replaced, sessions that stand keep the pair that they began with.
  const known = new Map<string, { readonly ca: string | null; readonly agents: Agents }>();
  const options = {
    keepAlive: true,
    keepAliveMsecs: keepAliveProbeMs,
    timeout: idleMs,
    scheduling: 'lifo' as const,
  };
  const make = (ca: string | null, insecure: boolean, proxy: string | null): Agents => {
    const way = proxy === null ? options : { ...options, proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
    return {
      http: new http.Agent(way),
      https: new SharedContextAgent(ca, { ...way, rejectUnauthorized: !insecure }),
    };
  };
  return {
    agentsFor: (mcp) => {
      const ca = mcp.ca_file === undefined ? null : readAuthority(mcp.ca_file);
      const proxy = proxyOf(new URL(mcp.endpoint), env);
      const key = JSON.stringify([mcp.insecure_skip_tls_verify, mcp.ca_file ?? null, proxy]);
      const found = known.get(key);
      if (found?.ca === ca) return found.agents;
      const agents = make(ca, mcp.insecure_skip_tls_verify, proxy);
      known.set(key, { ca, agents });
      return agents;
    },
    close: () => {
      for (const { agents } of known.values()) {
        agents.http.destroy();
        agents.https.destroy();
      }
      known.clear();
    },
  };
}

/** One context of TLS for all connections, made at the first: Node makes one for each, with all its authorities. */
class SharedContextAgent extends https.Agent {
  readonly #ca: string | null;
  #context: SecureContext | null = null;

  constructor(ca: string | null, options: https.AgentOptions) {
    super(options);
    this.#ca = ca;
  }

  override createConnection(...[options, callback]: Parameters<https.Agent['createConnection']>) {
    this.#context ??= createSecureContext(this.#ca === null ? {} : { ca: this.#ca });
    const shared = { ...options, secureContext: this.#context };
    return super.createConnection(shared, callback);
  }
}

/** The proxy for a server; Node goes through http and https alone. */
function proxyOf(server: URL, env: ProxyEnvironment): string | null {
  let proxy: URL | null;
  try {
    proxy = proxyFor(server, null, env);
  } catch (error) {
    throw proxyFailure(errorText(error));
  }
  if (proxy === null || proxy.protocol === 'http:' || proxy.protocol === 'https:') return proxy?.href ?? null;
  throw proxyFailure(
    `the proxy of the environment is ${proxy.protocol}//, MCP servers are reached through http:// and https:// only`,
  );
}

function proxyFailure(detail: string): ConnectionFailure {
  return new ConnectionFailure({ kind: 'network', cause: 'unreachable', detail });
}

function readAuthority(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw caFailure(errorText(error));
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw caFailure(`${file} holds no PEM certificate`);
  return text;
}

function caFailure(detail: string): ConnectionFailure {
  return new ConnectionFailure({ kind: 'ca_file', detail });
}
