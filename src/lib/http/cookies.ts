/*
 * Cookies of ours (RFC 6265): values are percent-encoded; none is for scripts, none goes with requests of other sites.
 */

export interface CookieOptions {
  /** Seconds; without it until the browser ends. 0 takes it away. */
  readonly maxAge?: number;
  /** Sent over TLS alone. */
  readonly secure?: boolean;
}

/** The value of `Set-Cookie`. */
export function setCookie(name: string, value: string, { maxAge, secure = false }: CookieOptions = {}): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`;
  return `${name}=${encodeURIComponent(value.toWellFormed())}; Path=/${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

/** The value of `Set-Cookie` that takes one away. */
export function expireCookie(name: string): string {
  return setCookie(name, '', { maxAge: 0 });
}

/** What a `Cookie` header says of one, null when it is not there or is not readable. */
export function cookieValue(header: string | undefined, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at === -1 || pair.slice(0, at).trim() !== name) continue;
    try {
      return decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      return null;
    }
  }
  return null;
}
