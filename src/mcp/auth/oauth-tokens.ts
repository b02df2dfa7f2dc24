import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { McpServerConfig } from '../config.ts';

type OAuthConfig = NonNullable<McpServerConfig['auth']['oauth']>;

/** What a token says, once it has been verified. */
export interface TokenClaims {
  readonly subject: string;
  readonly clientId: string | null;
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly audience: string;
}

/** Null for a token that does not hold. Rejects when nobody can tell, because the keys cannot be had. */
export type VerifyToken = (token: string, config: OAuthConfig) => Promise<TokenClaims | null>;

/** A GET over HTTP, by whatever proxies there are. */
type Fetch = (
  address: string,
  init: { readonly method: string; readonly signal: AbortSignal; readonly headers: Record<string, string> },
) => Promise<unknown>;

/** Signatures that are taken: asymmetric ones, so that nobody can sign with what is public. */
const algorithms = ['RS256', 'ES256', 'EdDSA'];
/** For the keys of an issuer, ms. */
const keysTimeoutMs = 5000;
/** Clocks of two machines differ by so much, seconds. */
const clockToleranceS = 30;

/**
 * Verifies signed tokens (RFC 9068, RFC 7519): issuer, audience, signature, times. Keys are kept, and asked for again when a
 * token names one that is not known, at most every 30 s.
 */
export function tokenVerifier(options: { readonly fetch: Fetch; readonly log: Logger }): VerifyToken {
  const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();
  const keysOf = (address: string): ReturnType<typeof createRemoteJWKSet> => {
    const known = keySets.get(address);
    if (known) return known;
    // One issuer at a time: what was configured before is not needed again.
    keySets.clear();
    const get = async (at: string, { headers, signal }: { headers: Headers; signal?: AbortSignal | null }) =>
      (await options.fetch(at, {
        method: 'GET',
        headers: Object.fromEntries(headers),
        signal: signal ?? AbortSignal.timeout(keysTimeoutMs),
      })) as Response;
    const made = createRemoteJWKSet(new URL(address), { [customFetch]: get, timeoutDuration: keysTimeoutMs });
    keySets.set(address, made);
    return made;
  };
  return async (token, config) => {
    try {
      const { payload } = await jwtVerify(token, keysOf(config.jwks_uri), {
        issuer: config.issuer,
        audience: config.audience,
        algorithms,
        clockTolerance: clockToleranceS,
        requiredClaims: ['exp', 'sub'],
      });
      return claimsOf(payload, config.audience);
    } catch (error) {
      if (isRefusal(error)) return null;
      options.log.error({ err: errorText(error), jwks_uri: config.jwks_uri }, 'tokens cannot be verified');
      throw error;
    }
  };
}

/** Whether it is the token's fault, and not that of the keys' server. */
function isRefusal(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  return error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
}

function claimsOf(payload: JWTPayload, audience: string): TokenClaims | null {
  const { sub, exp, scope, scp, client_id: clientId } = payload;
  if (sub === undefined || exp === undefined) return null;
  const listed = Array.isArray(scp) ? scp.filter((one): one is string => typeof one === 'string') : [];
  const spaced = typeof scope === 'string' ? scope.split(' ') : [];
  return {
    subject: sub,
    clientId: typeof clientId === 'string' ? clientId : null,
    scopes: [...new Set([...spaced, ...listed])].filter((one) => one !== ''),
    expiresAt: exp,
    audience,
  };
}
