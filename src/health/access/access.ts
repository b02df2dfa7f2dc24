import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Asked } from '../../domain/people/viewer.ts';
import { changeFromAfar, foreignHost, HttpProblem, unauthorized } from '../errors.ts';

export interface AccessOptions {
  /** The address that is listened on. */
  readonly host: string;
  readonly token: string | null;
  readonly publicUrl: string | null;
}

export interface Access {
  /** Whether the caller may see details. Without a token everybody who reaches us may. */
  isAuthorized(headers: IncomingHttpHeaders): boolean;
  /** @throws HttpProblem 401 without the token, 403 for a foreign host or origin, and for a change from another machine */
  check(request: Asked): void;
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/**
 * Who may ask. With a token: who has it (compared in constant time). Without one, bound to loopback: requests whose Host
 * names this machine, so that no web page can read us by DNS rebinding, and whose Origin, when there is one, is the same.
 * Without one, bound to anything else, everybody who reaches us may read, and only this machine may change something, by a
 * name of its own.
 * The settings are asked for at each request.
 */
export function access(settings: () => AccessOptions): Access {
  const isAuthorized = (headers: IncomingHttpHeaders): boolean => {
    const { token } = settings();
    if (token === null) return true;
    const given = bearerOf(headers);
    return given !== null && isSame(given, token);
  };
  return {
    isAuthorized,
    check: ({ method, ip, headers }) => {
      if (!isAuthorized(headers)) throw new HttpProblem(401, unauthorized, 'this needs the token');
      const now = settings();
      if (now.token !== null) return;
      if (isLoopback(now.host) && !isOurs(hostName(headers.host), now)) {
        throw new HttpProblem(403, foreignHost, 'the Host header names another machine');
      }
      const { origin } = headers;
      if (origin !== undefined && originName(origin) !== hostName(headers.host)) {
        throw new HttpProblem(403, foreignHost, 'the request comes from a page of another host');
      }
      if (reading.has(method)) return;
      if (!isThisMachine(ip)) {
        throw new HttpProblem(403, changeFromAfar, 'the request would change something and comes from another machine');
      }
      if (!mayChange({ ip, headers }, now)) {
        throw new HttpProblem(403, foreignHost, 'the request would change something and names another host');
      }
    },
  };
}

/**
 * Whether a request without a token may change something: it is of this machine, and no page made it in a browser of this
 * machine under a name of its own that leads here (DNS rebinding), whatever is listened on.
 */
export function mayChange({ ip, headers }: Pick<Asked, 'ip' | 'headers'>, settings: AccessOptions): boolean {
  return isThisMachine(ip) && isOurs(hostName(headers.host), settings);
}

/** Methods that change nothing. */
export const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether the other end of a connection is on this machine; a dual-stack socket writes IPv4 as IPv6. */
export function isThisMachine(ip: string): boolean {
  return isLoopback(ip.replace(/^::ffff:/i, ''));
}

/** Whether a host is this machine alone. */
export function isLoopback(host: string): boolean {
  return loopback.has(host) || host.startsWith('127.');
}

/** Whether a Host header's name is one of this machine's, or the one that people use. */
export function isOurs(name: string, { host, publicUrl }: Pick<AccessOptions, 'host' | 'publicUrl'>): boolean {
  const publicHost = publicUrl === null ? null : new URL(publicUrl).hostname;
  return loopback.has(name) || name === host || name === publicHost;
}

/** What a request has behind `Authorization: Bearer`, null for nothing that can be a token. */
export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? null;
}

/** Whether two secrets are the same, in a time that does not tell how much of them is. */
export function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Both sides have the same length then, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The name of a Host header without its port. */
export function hostName(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d+$/, '');
}

function originName(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : origin;
}
