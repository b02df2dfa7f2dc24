import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errorText } from '../../lib/problem.ts';
import type { McpConfig } from '../config.ts';
import { ConnectionFailure } from './outcome.ts';

export interface ProxySettings {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** The connections to servers of one authority. */
export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** The agents of all MCP connections: one pair for all clusters, and one for each authority file. */
export interface AgentDirectory {
  /** @throws ConnectionFailure `ca_file` when the file cannot be read */
  agentsFor(mcp: Pick<McpConfig, 'ca_file' | 'insecure_skip_tls_verify'>): Agents;
  close(): void;
}

/** A connection that nobody uses is closed after so long, ms. */
const idleMs = 4000;
/** Probes on an idle connection: a path that drops it silently is noticed, and kept open when it need not be. */
const keepAliveProbeMs = 25_000;

/** Proxies are parameters (HTTPS_PROXY, HTTP_PROXY, NO_PROXY of the environment); empty means none. */
export function createAgents(proxy: ProxySettings): AgentDirectory {
  // By file: as many as are configured. When a file is replaced, sessions that stand keep the pair that they began with.
  const known = new Map<string, { readonly ca: string | null; readonly agents: Agents }>();
  const options = {
    keepAlive: true,
    keepAliveMsecs: keepAliveProbeMs,
    timeout: idleMs,
    scheduling: 'lifo' as const,
    ...proxied(proxy),
  };
  const make = (ca: string | null, insecure: boolean): Agents => ({
    http: new http.Agent(options),
    https: new SharedContextAgent(ca, { ...options, rejectUnauthorized: !insecure }),
  });
  return {
    agentsFor: (mcp) => {
      const ca = mcp.ca_file === undefined ? null : readAuthority(mcp.ca_file);
      const key = `${mcp.insecure_skip_tls_verify}:${mcp.ca_file ?? ''}`;
      const found = known.get(key);
      if (found?.ca === ca) return found.agents;
      const agents = make(ca, mcp.insecure_skip_tls_verify);
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

function proxied({ httpProxy, httpsProxy, noProxy }: ProxySettings): http.AgentOptions {
  if (!httpProxy && !httpsProxy) return {};
  return {
    proxyEnv: {
      ...(httpProxy ? { HTTP_PROXY: httpProxy } : {}),
      ...(httpsProxy ? { HTTPS_PROXY: httpsProxy } : {}),
      ...(noProxy ? { NO_PROXY: noProxy } : {}),
    },
  };
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
