import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { Lasting } from './credential-cache.ts';

/** The `config` of an `auth-provider` named `oidc`, with what was learned since. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly idToken: string;
  readonly refreshToken: string;
}

interface OidcOptions {
  /** For the id provider. */
  readonly dispatcher: Dispatcher;
  /** Ms since the epoch. */
  readonly now: number;
}

const timeoutMs = 10_000;
const maxBytes = 1024 * 1024;
const discoverySchema = z.looseObject({ token_endpoint: z.url() });
const tokenSchema = z.looseObject({ id_token: z.string().min(1), refresh_token: z.string().nullish() });

/** A token with its end; a provider may also have given another refresh token, which is the only one from then on. */
export interface OidcAnswer extends Lasting<string> {
  readonly refreshToken: string;
}

/**
 * The id token of a kubeconfig as long as it is good, else a new one of its id provider (OpenID Connect Discovery 1.0,
 * RFC 6749 section 6). Nothing is written back to the kubeconfig.
 * @throws Error that says why there is none
 */
export async function idToken(config: OidcConfig, { dispatcher, now }: OidcOptions): Promise<OidcAnswer> {
  const { idToken: known, refreshToken } = config;
  const end = known === '' ? null : expiryOf(known);
  if (end !== null && end > now) return { value: known, expiresAt: end, refreshToken };
  if (refreshToken === '') throw new Error('the id-token has expired, and there is no refresh-token: log in again');
  const { issuer } = config;
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovered = discoverySchema.safeParse(await ask(url, { method: 'GET' }, dispatcher));
  if (!discovered.success) throw new Error(`${url} names no token_endpoint`);
  const answer = await refresh(discovered.data.token_endpoint, config, dispatcher);
  return {
    value: answer.id_token,
    expiresAt: expiryOf(answer.id_token),
    refreshToken: answer.refresh_token || refreshToken,
  };
}

/** Providers differ in where they want the client's name and secret: in the header first, then in the form. */
async function refresh(
  endpoint: string,
  { clientId, clientSecret, refreshToken }: OidcConfig,
  dispatcher: Dispatcher,
): Promise<z.infer<typeof tokenSchema>> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const basic = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const post = (headers: Record<string, string>, body: Record<string, string>) =>
    ask(
      endpoint,
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(body).toString(),
      },
      dispatcher,
    );
  const inForm = { ...form, client_id: clientId, ...(clientSecret === '' ? {} : { client_secret: clientSecret }) };
  const answer = await post({ authorization: `Basic ${Buffer.from(basic).toString('base64')}` }, form).catch(() =>
    post({}, inForm),
  );
  const tokens = tokenSchema.safeParse(answer);
  if (!tokens.success) throw new Error(`${endpoint} gave no id_token: the scope openid may not have been asked for`);
  return tokens.data;
}

type Asked = { readonly method: 'GET' } | { method: 'POST'; headers: Record<string, string>; body: string };

async function ask(url: string, asked: Asked, dispatcher: Dispatcher): Promise<unknown> {
  const { origin, pathname, search } = new URL(url);
  const answer = await dispatcher.request({
    origin,
    path: `${pathname}${search}`,
    ...asked,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`${url} answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  // What it says may hold a secret.
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** The end of a JSON web token, ms since the epoch; null when it has none or is none. */
function expiryOf(token: string): number | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const parsed = z.looseObject({ exp: z.number() }).safeParse(claims);
    return parsed.success ? parsed.data.exp * 1000 : null;
  } catch {
    return null;
  }
}
