import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/** How a server is spoken to. Certificates and keys are PEM. */
export interface ServerTls {
  readonly ca: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** Null: the name in the address. */
  readonly serverName: string | null;
  readonly verify: boolean;
}

const connectTimeoutMs = 10_000;
/** Calls of one cluster that are under way together. */
const connections = 16;

/** The connections to one server with one identity. @throws Error when certificate or key cannot be used */
export function dispatcherFor(tls: ServerTls, proxy: URL | null): Dispatcher {
  const identity = {
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.certificate === null ? {} : { cert: tls.certificate }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
  if (tls.ca !== null && !tls.ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Error('the certificate authority holds no certificate');
  }
  // Says at once what every connection would say.
  createSecureContext(identity);
  const secured = {
    ...identity,
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
    rejectUnauthorized: tls.verify,
    timeout: connectTimeoutMs,
  };
  // Calls have a deadline of their own.
  const limits = { connections, pipelining: 1, allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
  if (proxy === null) return new Agent({ ...limits, connect: secured });
  // A proxy with TLS is trusted by the same authority, as by kubectl.
  const proxyTls = proxy.protocol === 'https:' ? { proxyTls: secured } : {};
  return new ProxyAgent({
    ...limits,
    ...proxyTls,
    requestTls: secured,
    uri: proxy.href,
    connectTimeout: connectTimeoutMs,
  });
}
