import { z } from 'zod';
import { connectionSchema, mcpSchema, permissionsSchema, sweepSchema, watchSchema } from '../cluster/config.ts';
import { discoverySourceSchema } from '../discovery/config.ts';
import { gatewaySchema } from '../gateway/config.ts';
import { healthSchema } from '../health/config.ts';
import { intakeSchema, silencesSchema, sourcesSchema, stormOverridesSchema } from '../intake/config.ts';
import { duration } from '../lib/quantity.ts';
import { mcpServerSchema } from '../mcp/config.ts';
import { workflowsSchema } from '../mcp/workflows/config.ts';
import { paletteSchema, paletteUid } from '../mcp/palette/config.ts';
import { notifySchema } from '../notify/config.ts';
import { storageSchema } from '../storage/config.ts';
import { clusterTeleportSchema, teleportSchema } from '../teleport/config.ts';
import {
  agentOverridesSchema,
  agentSchema,
  breakerSchema,
  budgetOverridesSchema,
  budgetSchema,
  runbooksSchema,
} from '../triage/config.ts';

const severity = z.enum(['info', 'warning', 'critical']);

const triageSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('False: faults are recorded and shown, nothing is investigated.'),
    kubeconfig: z
      .string()
      .optional()
      .describe(
        'Kubeconfig file of a read-only credential. Required when triage is enabled and the cluster has an mcp and no teleport.',
      ),
    context: z.string().optional().describe("Context of the kubeconfig; without it the file's current-context."),
    allow_secrets_access: z
      .boolean()
      .default(false)
      .describe(
        'The credential may read Secrets: no warning when it can. Their values are dropped as they are read, with it and without.',
      ),
  })
  .describe('How faults of this cluster are investigated.');

const overridesSchema = z
  .strictObject({
    severity_threshold: severity.optional().describe('Threshold of this cluster.'),
    slack_channel: z.string().optional().describe('Slack channel of this cluster.'),
    agent: agentOverridesSchema.optional(),
    budget: budgetOverridesSchema.optional(),
    storm: stormOverridesSchema.optional(),
    silences: silencesSchema
      .optional()
      .describe(
        'Faults of this cluster that nobody is told of; silences of the fleet and of its environment hold too.',
      ),
  })
  .describe('Settings that this cluster has for itself.');

type Overrides = z.infer<typeof overridesSchema>;

export const clusterSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,63}$/, 'letters, digits, _ and -, at most 63')
    .describe('Unique name of the cluster: letters, digits, _ and -, at most 63.'),
  environment: z
    .string()
    .optional()
    .describe('Such as production or staging; shown in messages, and names its settings under environments.'),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .describe('Labels of your own: in incident.json, the API and webhook events; runbooks match them.'),
  mcp: mcpSchema.optional(),
  watch: watchSchema.optional(),
  teleport: clusterTeleportSchema.optional(),
  triage: triageSchema.prefault({}),
  palette_uid: paletteUid
    .optional()
    .describe('Uid of the cluster in Palette: its diagnosis there then holds what is found inside.'),
  overrides: overridesSchema.prefault({}),
});
export type ClusterConfig = z.infer<typeof clusterSchema>;

const templateSchema = z
  .strictObject({
    name: z
      .string()
      .default('{name}')
      .describe('Name of the cluster here; dots become dashes. {namespace} is that of the Secret.'),
    environment: z.string().optional().describe('Such as production, or "{labels.env}".'),
    labels: z.record(z.string(), z.string()).default({}).describe('Labels; what is empty is left out.'),
    mcp: mcpSchema
      .extend({
        endpoint: z
          .string()
          .describe('Address of its kubernetes-mcp-server, such as http://mcp.{name}:8080/mcp.')
          .meta({ examples: ['http://mcp.{name}:8080/mcp'] }),
      })
      .optional()
      .describe('Its kubernetes-mcp-server. Without it the API of the cluster itself is watched.'),
    triage: triageSchema
      .omit({ kubeconfig: true, context: true })
      .prefault({})
      .describe('How faults of these clusters are investigated: with the kubeconfig of the Secret.'),
    overrides: overridesSchema.prefault({}),
  })
  .describe(
    'What each cluster that is found gets. In texts {name}, {namespace} and {labels.KEY} stand for what the Secret says.',
  );

const discoverySchema = z
  .array(discoverySourceSchema.extend({ template: templateSchema.prefault({}) }))
  .default([])
  .describe('Management clusters in whose Secrets further clusters are found (Cluster API, Argo CD).');
export type Discovery = z.infer<typeof discoverySchema>;

const logSchema = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Lowest level that is logged.'),
    format: z.enum(['auto', 'pretty', 'json']).default('auto').describe('auto: pretty on a terminal, JSON elsewhere.'),
  })
  .describe('Logs on standard error.');

const reloadSchema = z
  .strictObject({
    watch: z
      .boolean()
      .default(true)
      .describe(
        'Take a changed configuration over by itself: this file, and all that it names (clusters_from, ${file:…}, kubeconfigs, certificates, runbooks, workflows).',
      ),
  })
  .describe('How a running daemon gets a new configuration; SIGHUP and POST /-/reload work in any case.');

/** The whole file (docs/configuration.md lists every key). Paths are still as written; `load.ts` makes them absolute. */
export const configSchema = z.strictObject({
  data_dir: z
    .string()
    .default('./data')
    .describe(
      'State, workspaces and artifacts live here unless set elsewhere. Without it, what STATE_DIRECTORY says (systemd).',
    ),
  clusters: z
    .array(clusterSchema)
    .default([])
    .describe('The clusters to watch. At least one, here or in the files of clusters_from.'),
  clusters_from: z
    .array(z.string())
    .default([])
    .describe(
      'Files with further clusters, each a list `clusters`: paths with `*`, `**` and `?`, relative to this file.',
    ),
  environments: z
    .record(z.string(), overridesSchema)
    .default({})
    .describe(
      'Settings of all clusters of an environment, by its name, with the keys of clusters[].overrides; those of a cluster itself come first, silences add up.',
    ),
  discovery: discoverySchema,
  severity_threshold: severity
    .default('info')
    .describe('Faults below it are recorded but open no run and send no message.'),
  intake: intakeSchema.prefault({}),
  sources: sourcesSchema.prefault({}),
  silences: silencesSchema.default([]).describe('Faults that nobody is told of (docs/silences.md).'),
  sweep: sweepSchema.prefault({}),
  connection: connectionSchema.prefault({}),
  permissions: permissionsSchema.prefault({}),
  agent: agentSchema.prefault({}),
  budget: budgetSchema.prefault({}),
  circuit_breaker: breakerSchema.prefault({}),
  gateway: gatewaySchema.prefault({}),
  teleport: teleportSchema.optional(),
  runbooks: runbooksSchema.prefault({}),
  workflows: workflowsSchema.prefault({}),
  storage: storageSchema.prefault({}),
  notify: notifySchema.prefault({}),
  health: healthSchema.prefault({}),
  mcp: mcpServerSchema.optional(),
  palette: paletteSchema.prefault({}),
  log: logSchema.prefault({}),
  reload: reloadSchema.prefault({}),
  shutdown_timeout: duration('30s').describe('A graceful stop takes no longer.'),
});
export type Config = z.infer<typeof configSchema>;

/** A file that `clusters_from` names. */
export const clustersFileSchema = z.strictObject({ clusters: z.array(clusterSchema) });

/** What a cluster has instead of the fleet's settings: its own, else those of its environment. */
export function overridesOf(
  { environments }: Pick<Config, 'environments'>,
  { environment, overrides }: Pick<ClusterConfig, 'environment' | 'overrides'>,
): Overrides {
  const isKnown = environment !== undefined && Object.hasOwn(environments, environment);
  return layered((isKnown ? environments[environment] : null) ?? {}, overrides);
}

/** `over` on top of `under`, key by key, also of the mappings in them. Lists (silences) add up, those of `under` first. */
export function layered<T>(under: T, over: T): T {
  if (Array.isArray(under) && Array.isArray(over)) return [...(under as unknown[]), ...(over as unknown[])] as T;
  if (!isMapping(under) || !isMapping(over)) return over ?? under;
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, layered(under[key], over[key])])) as T;
}

/** Whether a value is a mapping of names. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
