import { z } from 'zod';
import { connectionSchema, mcpSchema, permissionsSchema, sweepSchema } from '../cluster/config.ts';
import { healthSchema } from '../health/config.ts';
import { intakeSchema } from '../intake/config.ts';
import { duration } from '../lib/quantity.ts';
import { notifySchema } from '../notify/config.ts';
import { storageSchema } from '../storage/config.ts';
import { agentSchema, circuitBreakerSchema } from '../triage/config.ts';

const severity = z.enum(['info', 'warning', 'critical']);

export const clusterSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,63}$/, 'letters, digits, _ and -, at most 63'),
  environment: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  mcp: mcpSchema,
  triage: z
    .strictObject({
      enabled: z.boolean().default(true),
      kubeconfig: z.string().optional(),
      context: z.string().optional(),
      allow_secrets_access: z.boolean().default(false),
    })
    .prefault({}),
  overrides: z
    .strictObject({
      severity_threshold: severity.optional(),
      slack_channel: z.string().optional(),
      agent: agentSchema.pick({ cli: true, model: true, timeout: true, max_concurrent: true }).partial().optional(),
    })
    .prefault({}),
});
export type ClusterConfig = z.infer<typeof clusterSchema>;

/** The whole file (CONTRACT.md section 2). Paths are still as written; `load.ts` makes them absolute. */
export const configSchema = z.strictObject({
  data_dir: z.string().default('./data'),
  clusters: z.array(clusterSchema).min(1, 'at least one cluster'),
  clusters_from: z.array(z.string()).default([]),
  severity_threshold: severity.default('info'),
  intake: intakeSchema.prefault({}),
  sweep: sweepSchema.prefault({}),
  connection: connectionSchema.prefault({}),
  permissions: permissionsSchema.prefault({}),
  agent: agentSchema.prefault({}),
  circuit_breaker: circuitBreakerSchema.prefault({}),
  storage: storageSchema.prefault({}),
  notify: notifySchema.prefault({}),
  health: healthSchema.prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['auto', 'pretty', 'json']).default('auto'),
    })
    .prefault({}),
  shutdown_timeout: duration('30s'),
});
export type Config = z.infer<typeof configSchema>;
