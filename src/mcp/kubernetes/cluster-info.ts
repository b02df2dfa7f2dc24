import { z } from 'zod';
import { connectionStates } from '../../domain/cluster-status.ts';
import type { PermissionSnapshot } from '../../domain/permissions.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import { slimObject } from '../../kube/detect/slim.ts';
import { conditionOf, type NodeObject, type Pod } from '../../kube/objects.ts';
import { clusterArgs, clusterOf, type ToolCluster } from '../clusters.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { listHead, notCheckedField } from './read/results.ts';
import { NotChecked } from './read/whole-list.ts';

const canField = z.boolean().nullable().describe('Null: not known.');

const clusterInfo = z.object({
  name: z.string(),
  environment: z.string().nullable(),
  server_version: z.string().nullable().describe('Null when the API server cannot be asked.'),
  platform: z.string().nullable().describe('Of the API server: linux/amd64.'),
  nodes: z.object({ total: z.int(), ready: z.int() }).optional(),
  namespaces: z.int().optional(),
  pods: z.object({ total: z.int(), by_phase: z.record(z.string(), z.int()) }).optional(),
  connection: z.object({
    status: z.enum([...connectionStates, 'not_kept']).describe('not_kept: read when asked, without a connection.'),
    source: z.string().describe('By which way it is read.'),
    error: z.string().optional(),
  }),
  permissions: z
    .object({
      minimum_met: canField,
      pods: canField,
      logs: canField,
      events: canField,
      deployments: canField,
      services: canField,
      nodes: canField,
      configmaps: canField,
      secrets: canField,
      secrets_allowed: z.boolean().describe('triage.allow_secrets_access'),
      can_write: z.array(z.string()).describe('What the credential could change; nothing is ever changed.'),
      warnings: z.array(z.string()),
      asked_at: z.string(),
    })
    .nullable()
    .describe('What the credential may read; null when nobody has asked yet.'),
  ...notCheckedField,
  as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
});

type ClusterInfo = z.infer<typeof clusterInfo>;

/** `get_cluster_info` */
export function getClusterInfo({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'get_cluster_info',
    toolset: 'kubernetes',
    title: 'About a cluster',
    description:
      'A cluster at a glance: version, nodes, namespaces, pods by phase, how it is connected and what its credential may ' +
      'read. Use it first, or when other tools say that something is forbidden.',
    input: z.strictObject({ ...clusterArgs }),
    output: clusterInfo,
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const notChecked = new NotChecked();
      const [version, counts] = await Promise.all([
        versionOf(cluster, notChecked, call.signal),
        countsOf(cluster, notChecked, call.signal),
      ]);
      const { as_of } = listHead(cluster, clock.now());
      const { name, environment } = cluster;
      return { name, environment, ...version, ...counts, ...standingOf(cluster), ...notChecked.fields(), as_of };
    },
  });
}

async function versionOf(
  { reader }: ToolCluster,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<Pick<ClusterInfo, 'server_version' | 'platform'>> {
  const asked = reader.document?.('/version', signal) ?? Promise.resolve(null);
  const found = await notChecked.try('server version', asked, signal);
  const { gitVersion, platform } = (found ?? {}) as { gitVersion?: unknown; platform?: unknown };
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { server_version: text(gitVersion), platform: text(platform) };
}

async function countsOf(
  { reader }: ToolCluster,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<Pick<ClusterInfo, 'nodes' | 'namespaces' | 'pods'>> {
  const [nodes, namespaces, pods] = await Promise.all([
    notChecked.list(reader, ['v1', 'Node'], { keep: slimObject }, signal),
    namespacesOf(reader, notChecked, signal),
    podsOf(reader, notChecked, signal),
  ]);
  return {
    ...(nodes === null ? {} : { nodes: { total: nodes.items.length, ready: nodes.items.filter(isReady).length } }),
    ...(namespaces === null ? {} : { namespaces }),
    ...(pods === null ? {} : { pods }),
  };
}

async function namespacesOf(
  reader: ClusterReader,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<number | null> {
  const counted = await notChecked.count(reader, ['v1', 'Namespace'], {}, signal);
  if (counted === null || counted.count !== null) return counted?.count ?? null;
  return (await notChecked.list(reader, ['v1', 'Namespace'], { keep: slimObject }, signal))?.items.length ?? null;
}

/** Objects that one request gives: to read so few is no more than to count them. */
const onePage = 500;

/** Those that run are most: where the API tells how many pods there are, only the others are read. */
async function podsOf(
  reader: ClusterReader,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<NonNullable<ClusterInfo['pods']> | null> {
  const counted = await notChecked.count(reader, ['v1', 'Pod'], {}, signal);
  if (counted === null) return null;
  const total = counted.count === null || counted.count <= onePage ? null : counted.count;
  const some = total === null ? {} : { fieldSelector: 'status.phase!=Running' };
  const list = await notChecked.list(reader, ['v1', 'Pod'], { ...some, keep: slimObject }, signal);
  if (list === null) return null;
  const others = phasesOf(list.items);
  if (total === null) return { total: list.items.length, by_phase: others };
  const running = Math.max(0, total - list.items.length);
  return { total: running + list.items.length, by_phase: { ...others, Running: running } };
}

function isReady({ status }: NodeObject): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}

function phasesOf(pods: readonly Pod[]): Record<string, number> {
  const groups = Map.groupBy(pods, ({ status }) => status?.phase ?? 'Unknown');
  const counts = [...groups].map(([phase, group]) => [phase, group.length] as const);
  return Object.fromEntries(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function standingOf(cluster: ToolCluster): Pick<ClusterInfo, 'connection' | 'permissions'> {
  const status = cluster.status();
  const error = status?.error?.message;
  return {
    connection: {
      status: status?.state ?? 'not_kept',
      source: cluster.source,
      ...(error === undefined ? {} : { error }),
    },
    permissions: status?.permissions ? permissionsOf(status.permissions) : null,
  };
}

function permissionsOf(snapshot: PermissionSnapshot): NonNullable<ClusterInfo['permissions']> {
  return {
    minimum_met: snapshot.minimum_met,
    pods: snapshot.can_get_pods,
    logs: snapshot.can_get_logs,
    events: snapshot.can_get_events,
    deployments: snapshot.can_get_deployments,
    services: snapshot.can_get_services,
    nodes: snapshot.can_get_nodes,
    configmaps: snapshot.can_get_configmaps,
    secrets: snapshot.can_get_secrets,
    secrets_allowed: snapshot.secrets_access_allowed,
    can_write: [...snapshot.can_write],
    warnings: [...snapshot.warnings],
    asked_at: snapshot.validated_at,
  };
}
