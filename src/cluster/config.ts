import { z } from 'zod';
import type { BackoffPolicy } from '../lib/backoff.ts';
import { duration, size } from '../lib/quantity.ts';

/** What HTTP can carry (RFC 9110, sections 5.1 and 5.5): another name or value would fail at every request. */
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'a name of an HTTP header');
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a text of one line, in Latin letters');

export const mcpSchema = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/, error: 'an http:// or https:// address' })
      .describe('Address of the kubernetes-mcp-server, path included.')
      .meta({ examples: ['http://127.0.0.1:8080/mcp', 'https://mcp.prod-us-east-1.example.com/mcp'] }),
    api_key: headerValue.optional().describe('Sent as Authorization: Bearer.').meta({ writeOnly: true }),
    headers: z
      .record(headerName, headerValue)
      .default({})
      .describe('Extra headers of every request.')
      .meta({ writeOnly: true }),
    transport: z
      .enum(['auto', 'streamable-http', 'sse'])
      .default('auto')
      .describe('auto tries Streamable HTTP first, then the older SSE transport.'),
    mode: z
      .enum(['auto', 'subscribe', 'sweep'])
      .default('auto')
      .describe('auto subscribes when the server can push and sweeps in any case; sweep never subscribes.'),
    ca_file: z.string().optional().describe('PEM file with the certificate authority of the endpoint.'),
    insecure_skip_tls_verify: z.boolean().default(false).describe('Accept any certificate. For tests only.'),
  })
  .describe("The cluster's kubernetes-mcp-server.");
export type McpConfig = z.infer<typeof mcpSchema>;

export const watchSchema = z
  .strictObject({
    kubeconfig: z
      .string()
      .describe(
        'Kubeconfig file of a credential that may list and watch; triage.kubeconfig is this one when it is not set.',
      ),
    context: z.string().optional().describe("Context of the kubeconfig; without it the file's current-context."),
  })
  .describe('Instead of mcp: the Kubernetes API of the cluster itself is watched, no MCP server is needed.');

export const sweepSchema = z
  .strictObject({
    interval: duration('60s').describe('Between sweeps of a cluster that pushes.'),
    interval_without_push: duration('15s').describe('Between sweeps of a cluster that cannot push.'),
    clear_after: duration('2m').describe('A fault is cleared when two sweeps at least this far apart see it gone.'),
  })
  .describe('Scans for active faults.');
export type SweepConfig = z.infer<typeof sweepSchema>;

export const connectionSchema = z
  .strictObject({
    ping_interval: duration('25s').describe('Between pings of a connection; a missed reply ends the session.'),
    backoff_initial: duration('1s').describe('First wait before a new attempt to connect.'),
    backoff_max: duration('60s').describe('Longest wait between two attempts.'),
    max_message: size('1Mi').describe('Largest notification.'),
    max_response: size('64Mi').describe('Largest answer of a tool.'),
    max_faults_per_second: z
      .int()
      .min(1)
      .default(200)
      .describe(
        'Notifications of one cluster over this rate, after as many at once as may be active, are counted as throttled, then a sweep follows.',
      ),
  })
  .describe('Bounds of every connection to a cluster.');
export type ConnectionConfig = z.infer<typeof connectionSchema>;

/** How long is waited between attempts to reach a cluster. */
export function backoffOf(connection: Pick<ConnectionConfig, 'backoff_initial' | 'backoff_max'>): BackoffPolicy {
  return { initialMs: connection.backoff_initial, maxMs: connection.backoff_max };
}

export const permissionsSchema = z
  .strictObject({
    refresh: duration('1h').describe('How often the permissions are asked again.'),
    timeout: duration('10s').describe('Limit of one kubectl process; a first fault waits no longer for the answer.'),
    max_concurrent: z.int().min(1).max(64).default(4).describe('kubectl processes at the same time.'),
    require_read_only: z
      .boolean()
      .default(false)
      .describe('Turns triage off for a cluster whose credential can write; otherwise that is a warning.'),
  })
  .describe("Asks what each cluster's credential may do.");
export type PermissionsConfig = z.infer<typeof permissionsSchema>;
