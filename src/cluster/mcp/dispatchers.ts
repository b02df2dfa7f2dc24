import { readFileSync } from 'node:fs';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { errorText } from '../../lib/problem.ts';
import type { McpConfig } from '../config.ts';
import { ConnectionFailure } from './outcome.ts';

export interface ProxySettings {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** The HTTP pools of the MCP connections: one for all clusters, and one for each authority file. */
export interface Dispatchers {
  /** @throws ConnectionFailure `ca_file` when the file cannot be read */
  dispatcherFor(mcp: Pick<McpConfig, 'ca_file' | 'insecure_skip_tls_verify'>): Dispatcher;
  close(): Promise<void>;
}

const connectTimeoutMs = 10_000;
/** Probes on an idle connection: a path that drops it silently is noticed, and kept open when it need not be. */
const keepAliveProbeMs = 25_000;

/** Proxies are parameters (HTTPS_PROXY, HTTP_PROXY, NO_PROXY of the environment); empty means none. */
export function createDispatchers(proxy: ProxySettings): Dispatchers {
  // By file: as many as are configured. When a file is replaced, sessions that stand keep the pool that they began with.
  const pools = new Map<string, { readonly ca: string | null; readonly pool: Dispatcher }>();
  const make = (ca: string | null, insecure: boolean): Dispatcher => {
    const tls = { ...(ca === null ? {} : { ca }), ...(insecure ? { rejectUnauthorized: false } : {}) };
    return new EnvHttpProxyAgent({
      httpProxy: proxy.httpProxy ?? '',
      httpsProxy: proxy.httpsProxy ?? '',
      noProxy: proxy.noProxy ?? '',
      connect: { timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs, ...tls },
      requestTls: tls,
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 60_000,
      pipelining: 1,
      maxHeaderSize: 16 * 1024,
    });
  };
  return {
    dispatcherFor: (mcp) => {
      const ca = mcp.ca_file === undefined ? null : readAuthority(mcp.ca_file);
      const key = `${mcp.insecure_skip_tls_verify}:${mcp.ca_file ?? ''}`;
      const known = pools.get(key);
      if (known?.ca === ca) return known.pool;
      const pool = make(ca, mcp.insecure_skip_tls_verify);
      pools.set(key, { ca, pool });
      return pool;
    },
    close: async () => {
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()));
      pools.clear();
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
