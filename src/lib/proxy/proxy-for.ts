import { BlockList, isIP } from 'node:net';

/** What undici can go through. */
export const proxySchemes: readonly string[] = ['http:', 'https:', 'socks5:'];

/** The variables of the environment in which proxies are named: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in either case. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a server: the kubeconfig's `proxy-url`, else the environment's by the rules of Go's
 * `http.ProxyFromEnvironment`, which kubectl follows (upper case first; this machine itself is never behind a proxy;
 * NO_PROXY takes addresses, address ranges, names and their subdomains, each also with a port). Null for none.
 * @throws Error for a proxy that cannot be used
 */
export function proxyFor(server: URL, proxyUrl: string | null | undefined, env: ProxyEnvironment): URL | null {
  if (proxyUrl) return new URL(proxyUrl);
  const read = (name: string): string => env[name] || env[name.toLowerCase()] || '';
  const named = server.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY');
  if (named === '' || isDirect(server, read('NO_PROXY'))) return null;
  const url = /^[a-z0-9]+:\/\//i.test(named) ? named : `http://${named}`;
  if (!URL.canParse(url) || !proxySchemes.includes(new URL(url).protocol)) {
    throw new Error(`the proxy of the environment is no URL with ${proxySchemes.join(' ')}`);
  }
  return new URL(url);
}

function isDirect(server: URL, noProxy: string): boolean {
  const host = bare(server.hostname);
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || isLoopback(host)) return true;
  return noProxy.split(',').some((entry) => fits(entry.trim().toLowerCase(), host, port));
}

function fits(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const [, name = entry, only] = /^(.*[^:]|\[.*\]):(\d+)$/.exec(entry) ?? [];
  if (isIP(bare(entry)) === 0 && only !== undefined && only !== port) return false;
  const wanted = isIP(bare(entry)) === 0 ? bare(name) : bare(entry);
  if (isIP(wanted) !== 0) return wanted === host;
  const domain = wanted.replace(/^\*\./, '.');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function inRange(range: string, host: string): boolean {
  const [address = '', bits = ''] = range.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}

const isLoopback = (host: string): boolean => inRange('127.0.0.0/8', host) || host === '::1';
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
