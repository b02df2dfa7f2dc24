import type { IncomingMessage } from 'node:http';
import {
  bearerAuthChallengeResponse,
  localhostAllowedHostnames,
  validateHostHeader,
  verifyBearerToken,
} from '@modelcontextprotocol/server';
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { McpServerConfig } from '../config.ts';
import type { Authenticator } from './authenticate.ts';
import { scopes } from './scopes.ts';

export interface GateSettings {
  readonly server: Pick<McpServerConfig, 'allowed_hosts' | 'allowed_origins' | 'auth'>;
  /** `health.public_url`; its host may stand in the Host header. */
  readonly publicUrl: string | null;
}

/** What is answered before anything of the body is read, or who asks (nothing where nobody has to say). */
export type Gate = { readonly refusal: Response } | { readonly info: AuthInfo | undefined };

/** No page can have these names: they are always taken. */
const thisMachine = localhostAllowedHostnames();

/** Where clients find who makes tokens for this server (RFC 9728). */
export const metadataPath = '/.well-known/oauth-protected-resource';

/** Looks at a request before its body: for which host it is, from which page, and who asks. */
export async function gate(
  request: Pick<IncomingMessage, 'headers'>,
  { server, publicUrl }: GateSettings,
  who: Authenticator,
): Promise<Gate> {
  const { headers } = request;
  const hosts = [...thisMachine, ...server.allowed_hosts, ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])];
  if (!validateHostHeader(headers.host, hosts).ok) {
    return { refusal: forbidden('the Host header names a host that is not in mcp.allowed_hosts') };
  }
  if (!isOwnOrigin(headers.origin, headers.host, server.allowed_origins)) {
    return { refusal: forbidden('the request comes from a page that is not in mcp.allowed_origins') };
  }
  if (!who.needed) return { info: undefined };
  const { mode, oauth } = server.auth;
  const expected = mode === 'oauth' && oauth !== undefined ? new URL(oauth.audience) : null;
  const options = {
    verifier: who,
    requiredScopes: [scopes.read],
    ...(expected === null ? {} : { expectedResource: expected, resourceMetadataUrl: metadataUrl(expected) }),
  };
  try {
    return { info: await verifyBearerToken(headers.authorization, options) };
  } catch (error) {
    return { refusal: bearerAuthChallengeResponse(error, options) };
  }
}

/** The protected resource metadata document (RFC 9728), null when no authorization server is configured. */
export function resourceMetadata({ auth }: Pick<McpServerConfig, 'auth'>): Record<string, unknown> | null {
  if (auth.mode !== 'oauth' || auth.oauth === undefined) return null;
  return {
    resource: auth.oauth.audience,
    authorization_servers: [auth.oauth.issuer],
    bearer_methods_supported: ['header'],
    scopes_supported: Object.values(scopes),
    resource_name: 'nightcrier',
  };
}

function metadataUrl(resource: URL): string {
  const path = resource.pathname === '/' ? '' : resource.pathname;
  return new URL(`${metadataPath}${path}`, resource.origin).href;
}

/** A program sends none; a page sends its own, which has to be one of ours. */
function isOwnOrigin(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function forbidden(message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }, { status: 403 });
}
