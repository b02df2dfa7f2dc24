import { z } from 'zod';
import { size } from '../lib/quantity.ts';
import { toolsets } from './tool.ts';

/** What a key or a token may do here; the role decides who its tools are meant for. */
export const roles = ['reader', 'operator'] as const;
export type Role = (typeof roles)[number];

const unitMs = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A rate in a configuration file: a text as in `120/m`. */
function rate(fallback: string) {
  return z
    .string()
    .regex(/^[1-9]\d{0,6}\/[smh]$/, 'a rate such as 120/m')
    .default(fallback)
    .transform((text) => {
      const [count = '1', unit = 'm'] = text.split('/');
      return { count: Number(count), perMs: unitMs[unit as keyof typeof unitMs] };
    })
    .meta({ examples: ['120/m', '10/s'] });
}

const keySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._@-]{1,64}$/, 'letters, digits and . _ @ -, at most 64')
    .describe('Whose it is: the name in the audit record.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the key in hex: printf %s KEY | sha256sum')
    .describe('SHA-256 of the key in hex; the key itself is nowhere in the configuration.'),
  roles: z
    .array(z.enum(roles))
    .min(1)
    .default(['reader'])
    .describe('reader: every tool that reads; operator: also what is meant for who runs this service.'),
});

const oauthSchema = z
  .strictObject({
    issuer: z.url().describe('Who makes the tokens: the iss of each.'),
    audience: z.url().describe('The address of this server as clients know it: the aud of each token.'),
    jwks_uri: z.url().describe("Where the issuer's public keys are."),
  })
  .describe('Tokens of an OAuth authorization server: this is its resource server (RFC 9728).');

const authSchema = z
  .strictObject({
    mode: z
      .enum(['none', 'keys', 'oauth'])
      .default('none')
      .describe('none: only with a loopback health.host; health.token holds then, when it is set.'),
    keys: z.array(keySchema).default([]).describe('Keys of mode keys.'),
    oauth: oauthSchema.optional(),
  })
  .describe('Who may call.');

const rateLimitSchema = z
  .strictObject({
    reads: rate('120/m').describe('Calls of one caller.'),
    logs: rate('30/m').describe('Calls of one caller of tools that read logs or diagnose.'),
    concurrent: z.int().min(1).max(1000).default(8).describe('Calls of one caller at the same time.'),
  })
  .describe('What one caller may ask; over it the answer is rate_limited, with a time.');

export const mcpServerSchema = z
  .strictObject({
    toolsets: z
      .array(z.enum(toolsets))
      .default(['core', 'workflows', 'incidents', 'kubernetes', 'flux'])
      .describe('Groups of tools that are served.'),
    auth: authSchema.prefault({}),
    allowed_hosts: z
      .array(z.string())
      .default(['127.0.0.1', 'localhost', '[::1]'])
      .describe('Names in the Host header of requests, without ports; that of health.public_url is one of them.'),
    allowed_origins: z
      .array(z.string())
      .default([])
      .describe('Origins of web pages that may call, as in http://localhost:6274.'),
    rate_limit: rateLimitSchema.prefault({}),
    max_result_bytes: size('256Ki').describe('Largest result of a tool; what is larger is cut and says so.'),
  })
  .describe(
    'The MCP server: what stands in the clusters, for assistants (docs/mcp.md). Without this key it is served at /mcp when health.host is a loopback address.',
  );
export type McpServerConfig = z.infer<typeof mcpServerSchema>;

const anyAuth = z.looseObject({
  mode: z.string().optional(),
  keys: z.array(z.unknown()).optional(),
  oauth: z.unknown().optional(),
});
const anyServer = z.looseObject({ auth: anyAuth.optional() });
const anyHealth = z.looseObject({
  host: z.string().optional(),
  port: z.unknown().optional(),
  token: z.unknown().optional(),
});
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/**
 * What is wrong with who may call, from the values of the file before the schema: nobody has to say who he is beyond this
 * machine, there is no key, or nobody who makes tokens.
 */
export function authMistakes(server: unknown, health: unknown): string[] {
  const { auth } = anyServer.safeParse(server).data ?? {};
  if (server === undefined || auth === undefined) return openTo('none', health, server);
  const { mode = 'none', keys = [], oauth } = auth;
  return [
    ...openTo(mode, health, server),
    ...(mode === 'keys' && keys.length === 0 ? ['mcp.auth.mode is keys, and mcp.auth.keys has none'] : []),
    ...(mode === 'oauth' && oauth === undefined ? ['mcp.auth.mode is oauth, and mcp.auth.oauth is not set'] : []),
  ];
}

function openTo(mode: string, health: unknown, server: unknown): string[] {
  if (server === undefined || mode !== 'none') return [];
  const { host = '127.0.0.1', token, port } = anyHealth.safeParse(health ?? {}).data ?? {};
  if (port === 0 || loopback.test(host) || token !== undefined) return [];
  return [`mcp.auth.mode is none, and health.host is ${host}: everybody who reaches it could read every cluster`];
}

const byDefault = mcpServerSchema.parse({});

/**
 * What holds: without `mcp` in the file the server is as by default. Null, and so off, where everybody who reaches the
 * address could call: beyond this machine with neither keys nor a token.
 */
export function effectiveServer(
  mcp: McpServerConfig | undefined,
  health: { readonly host: string; readonly token?: string | undefined },
): McpServerConfig | null {
  const server = mcp ?? byDefault;
  const asks = server.auth.mode !== 'none' || health.token !== undefined;
  return asks || loopback.test(health.host) ? server : null;
}
