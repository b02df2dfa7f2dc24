import { z } from 'zod';
import type { Tool } from '../../tool.ts';
import { present } from '../../present.ts';
import { type Cluster, cluster, type ClusterDashboard, clusterDashboard, type ProfileTemplate } from '../api/shapes.ts';
import { namedPools } from '../rules/pool-name.ts';
import { clusterFacts, clusterOutput } from './cluster-facts.ts';
import { packVersion } from '../rules/pack-version.ts';
import { clusterIdArgs, clusterUidOf } from './named.ts';
import { type Asking, definePalette, type PaletteTools } from './palette-tool.ts';

const conditionOutput = z.object({
  type: z.string(),
  status: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

const packOutput = z.object({
  name: z.string(),
  version: z.string().optional(),
  layer: z.string().optional().describe('kernel, os, k8s, cni, csi or addon.'),
  type: z.string().optional().describe('spectro, helm, manifest or oci.'),
  invalid: z.string().optional().describe('Why Palette calls it invalid.'),
});

const output = clusterOutput.extend({
  cluster_type: z.string().optional().describe('PureManage: made by Palette; Alloy…: imported.'),
  profiles_detail: z.array(
    z.object({
      uid: z.string().optional(),
      name: z.string().optional(),
      type: z.string().optional(),
      version: z.string().optional(),
      packs: z.array(packOutput),
    }),
  ),
  machine_pools: z.array(
    z.object({
      name: z.string().describe('By its role: Palette gives no names here.'),
      control_plane: z.boolean(),
      labels: z.array(z.string()),
      size: z.int(),
      healthy: z.int(),
      in_maintenance: z.int(),
    }),
  ),
  health_conditions: z.array(conditionOutput),
  conditions: z.array(conditionOutput),
  pack_states: z.array(
    z.object({ name: z.string(), version: z.string().optional(), condition: conditionOutput.optional() }),
  ),
  last_heartbeat_at: z.string().optional(),
  agent_version: z.string().optional(),
  repave: z.string().optional().describe('Pending: nodes are replaced when somebody approves it.'),
});

/** `get_cluster_details` of Palette. */
export function clusterDetails(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'get_cluster_details',
      title: 'Show a Palette cluster',
      description:
        'One cluster as Palette sees it: conditions, health, machine pools, profiles with their packs and versions, usage and cost. Use it after palette_list_clusters; it reads nothing inside the cluster.',
      input: z.strictObject(clusterIdArgs),
      output,
      run: async (args, asking) => {
        const uid = await clusterUidOf(args, asking);
        const { whole, dashboard } = await askCluster(uid, asking);
        return { ...facts(whole, dashboard), ...parts(whole, dashboard) };
      },
    },
    tools,
  );
}

/** Both answers about one cluster. */
export interface WholeCluster {
  readonly whole: Cluster;
  readonly dashboard: ClusterDashboard;
}

/** A cluster, and its health, usage and cost. @throws ToolError */
export async function askCluster(uid: string, asking: Asking): Promise<WholeCluster> {
  const [whole, dashboard] = await Promise.all([
    asking.ask('cluster', { uid }, cluster),
    asking.ask('clusterSummary', { uid }, clusterDashboard),
  ]);
  return { whole, dashboard };
}

/** Its profiles with their packs; where the dashboard knows none, those of the cluster. */
export function profilesOf({ whole, dashboard }: WholeCluster): readonly ProfileTemplate[] {
  const known = whole.spec?.clusterProfileTemplates ?? [];
  return known.length > 0 ? known : (dashboard.spec?.clusterProfileTemplates ?? []);
}

function facts(whole: Cluster, dashboard: ClusterDashboard): z.input<typeof clusterOutput> {
  const { metadata, spec, status } = dashboard;
  const profiles = [...profilesOf({ whole, dashboard })];
  const shown = clusterFacts({ metadata, specSummary: spec && { ...spec, clusterProfileTemplates: profiles }, status });
  return { ...shown, ...present({ cloud: shown.cloud ?? whole.spec?.cloudType }) };
}

function parts(
  whole: Cluster,
  dashboard: ClusterDashboard,
): Omit<z.input<typeof output>, keyof typeof clusterOutput.shape> {
  const health = dashboard.status?.health;
  return {
    profiles_detail: profilesOf({ whole, dashboard }).map((profile) => ({
      ...present({ uid: profile.uid, name: profile.name, type: profile.type, version: profileVersion(profile) }),
      packs: profile.packs.map(packOf),
    })),
    machine_pools: namedPools(dashboard.spec?.cloudConfig?.machinePools ?? []).map(({ name, pool }) => ({
      name,
      control_plane: pool.isControlPlane ?? false,
      labels: pool.labels,
      size: Math.trunc(pool.size ?? 0),
      healthy: Math.trunc(pool.healthy ?? 0),
      in_maintenance: Math.trunc(pool.maintenanceMode ?? 0),
    })),
    health_conditions: (health?.conditions ?? []).map(conditionOf),
    conditions: (whole.status?.conditions ?? []).map(conditionOf),
    pack_states: (whole.status?.packs ?? []).map(({ name, version, condition }) => ({
      name,
      ...present({ version, condition: condition && conditionOf(condition) }),
    })),
    ...present({
      cluster_type: whole.spec?.clusterType,
      last_heartbeat_at: health?.lastHeartBeatTimestamp,
      agent_version: health?.agentVersion,
      repave: whole.status?.repave?.state ?? dashboard.status?.repave?.state,
    }),
  };
}

/** The version of a profile: a name such as 1.2.0, in older answers a number. */
function profileVersion({ profileVersion: named, version }: ProfileTemplate): string | undefined {
  return named ?? (version === undefined ? undefined : String(version));
}

function packOf(pack: ProfileTemplate['packs'][number]): z.input<typeof packOutput> {
  const invalid = pack.isInvalid === true ? (pack.inValidReason ?? 'it is gone from its registry') : undefined;
  return { name: pack.name, ...present({ version: packVersion(pack), layer: pack.layer, type: pack.type, invalid }) };
}

interface Condition {
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

function conditionOf({ type, status, reason, message }: Condition): z.input<typeof conditionOutput> {
  return { type: type ?? 'unknown', ...present({ status, reason, message }) };
}
