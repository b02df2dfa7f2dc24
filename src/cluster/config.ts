import { z } from 'zod';
import { duration, size } from '../lib/quantity.ts';

export const mcpSchema = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' }),
  api_key: z.string().optional().describe('Sent as Authorization: Bearer.'),
  headers: z.record(z.string(), z.string()).default({}),
  transport: z.enum(['auto', 'streamable-http', 'sse']).default('auto'),
  mode: z.enum(['auto', 'subscribe', 'sweep']).default('auto'),
  ca_file: z.string().optional(),
  insecure_skip_tls_verify: z.boolean().default(false),
});
export type McpConfig = z.infer<typeof mcpSchema>;

export const sweepSchema = z.strictObject({
  interval: duration('5m').describe('Between sweeps of a cluster that pushes.'),
  interval_without_push: duration('15s').describe('Between sweeps of a cluster that cannot push.'),
  clear_after: duration('2m').describe('A fault is cleared when two sweeps at least this far apart see it gone.'),
});
export type SweepConfig = z.infer<typeof sweepSchema>;

export const connectionSchema = z.strictObject({
  ping_interval: duration('25s'),
  backoff_initial: duration('1s'),
  backoff_max: duration('60s'),
  max_message: size('1Mi').describe('Largest notification.'),
  max_response: size('64Mi').describe('Largest answer of a tool.'),
  max_faults_per_second: z.int().min(1).default(200),
});
export type ConnectionConfig = z.infer<typeof connectionSchema>;

export const permissionsSchema = z.strictObject({
  refresh: duration('1h'),
  timeout: duration('10s'),
  max_concurrent: z.int().min(1).max(64).default(4).describe('kubectl processes at the same time.'),
  require_read_only: z.boolean().default(false),
});
export type PermissionsConfig = z.infer<typeof permissionsSchema>;
