import type { ProxySettings } from '../cluster/mcp/agents.ts';
import type { Environment } from '../config/environment.ts';

/** The proxies that the environment names, in either case as every HTTP client reads them; lower case wins. */
export function proxySettings(env: Environment): ProxySettings {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  return { httpProxy: read('HTTP_PROXY'), httpsProxy: read('HTTPS_PROXY'), noProxy: read('NO_PROXY') };
}
