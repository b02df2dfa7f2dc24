import { createHash, timingSafeEqual } from 'node:crypto';
import { type AuthInfo, OAuthError, OAuthErrorCode, type OAuthTokenVerifier } from '@modelcontextprotocol/server';
import type { Clock } from '../../lib/clock.ts';
import type { McpServerConfig, Role } from '../config.ts';
import type { Principal } from '../tool.ts';
import { scopes } from './scopes.ts';
import type { TokenClaims, VerifyToken } from './oauth-tokens.ts';

/** What of the configuration says who may call. */
export interface AuthSettings {
  readonly auth: McpServerConfig['auth'];
  /** `health.token`: holds in mode `none`; null when it is not set. */
  readonly healthToken: string | null;
}

export interface AuthenticatorOptions {
  readonly settings: () => AuthSettings;
  readonly verifyToken: VerifyToken;
  readonly clock: Clock;
}

/** Who is behind a token. */
export type Authenticator = OAuthTokenVerifier & {
  /** Whether a token is needed at all. */
  readonly needed: boolean;
};

/** Who calls where nobody has to say who he is. */
export const localPrincipal: Principal = { name: 'local', roles: ['operator'], audience: 'operator' };

/** A key has no end of its own; the gate wants one. Seconds. */
const keyLifetimeS = 3600;

/** Looks up who is behind a bearer token: a key of the configuration, `health.token`, or a signed token. */
export function authenticator({ settings, verifyToken, clock }: AuthenticatorOptions): Authenticator {
  return {
    get needed() {
      const { auth, healthToken } = settings();
      return auth.mode !== 'none' || healthToken !== null;
    },
    verifyAccessToken: async (token) => {
      const { auth, healthToken } = settings();
      if (auth.mode === 'oauth') {
        if (auth.oauth === undefined) throw refused();
        const claims = await verifyToken(token, auth.oauth);
        if (claims === null) throw refused();
        return ofClaims(token, claims);
      }
      const found = auth.mode === 'keys' ? keyOf(token, auth.keys) : tokenOf(token, healthToken);
      if (found === null) throw refused();
      return authInfo(token, found, [scopes.read, scopes.logs], Math.floor(clock.now() / 1000) + keyLifetimeS);
    },
  };
}

/** The principal that the gate put with a request. */
export function principalOf(info: AuthInfo | undefined): Principal | null {
  return (info?.extra?.['principal'] as Principal | undefined) ?? null;
}

function refused(): OAuthError {
  return new OAuthError(OAuthErrorCode.InvalidToken, 'the token is unknown, or has ended');
}

/** Every key is compared, in constant time each: how long it takes says nothing of them. */
function keyOf(token: string, keys: McpServerConfig['auth']['keys']): Principal | null {
  const digest = createHash('sha256').update(token).digest();
  let found: Principal | null = null;
  for (const { name, sha256, roles } of keys) {
    if (timingSafeEqual(digest, Buffer.from(sha256, 'hex'))) found = principal(name, roles);
  }
  return found;
}

function tokenOf(token: string, expected: string | null): Principal | null {
  if (expected === null) return null;
  const [given, wanted] = [token, expected].map((text) => createHash('sha256').update(text).digest());
  return given && wanted && timingSafeEqual(given, wanted) ? principal('health.token', ['operator']) : null;
}

function ofClaims(token: string, { subject, clientId, scopes: given, expiresAt, audience }: TokenClaims): AuthInfo {
  const roles: Role[] = given.includes(scopes.admin) ? ['operator'] : ['reader'];
  const info = authInfo(token, principal(subject, roles), given, expiresAt);
  return { ...info, clientId: clientId ?? subject, resource: new URL(audience) };
}

function principal(name: string, roles: readonly Role[]): Principal {
  return { name, roles, audience: roles.includes('operator') ? 'operator' : 'assistant' };
}

function authInfo(token: string, who: Principal, given: readonly string[], expiresAt: number): AuthInfo {
  return { token, clientId: who.name, scopes: [...given], expiresAt, extra: { principal: who } };
}
