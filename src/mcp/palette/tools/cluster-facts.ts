import { z } from 'zod';
import { present } from '../../present.ts';
import type { ClusterSummary, MachinePool } from '../api/shapes.ts';
import { kubernetesVersion } from '../rules/pack-version.ts';

/** How a cluster is, in three words: Palette's own differ in their spelling. */
export const healthStates = ['healthy', 'unhealthy', 'unknown'] as const;
export type HealthState = (typeof healthStates)[number];

export function healthOf(state: string | undefined): HealthState {
  const word = (state ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');
  return word === 'healthy' || word === 'unhealthy' ? word : 'unknown';
}

export const usageOutput = z.object({
  usage: z.number().optional(),
  requested: z.number().optional(),
  limits: z.number().optional(),
  total: z.number().optional(),
  unit: z.string().optional(),
});

export const costOutput = z.object({
  compute: z.number().optional(),
  storage: z.number().optional(),
  total: z.number().optional(),
});

export const nodesOutput = z.object({ total: z.int(), healthy: z.int() });

/** A cluster as lists show it. */
export const clusterOutput = z.object({
  uid: z.string(),
  name: z.string(),
  state: z.string().describe('Of its life cycle, in the words of Palette: Running, Provisioning, Error, Deleting …'),
  health: z.enum(healthStates),
  cloud: z.string().optional(),
  region: z.string().optional(),
  project: z.string().optional(),
  kubernetes_version: z.string().optional(),
  nodes: nodesOutput.optional(),
  profiles: z.array(z.string()).describe('Names of its cluster profiles.'),
  updates_available: z.boolean().describe('Its profiles say something else by now.'),
  cpu: usageOutput.optional(),
  memory: usageOutput.optional(),
  cost: costOutput.optional().describe('As Palette sums it, in USD.'),
  hourly_rate: costOutput.optional().describe('USD an hour.'),
  created_at: z.string().optional(),
});

/** The facts of a cluster that its list and its dashboard have in common. */
export function clusterFacts({ metadata, specSummary: spec, status }: ClusterSummary): z.input<typeof clusterOutput> {
  const pools = spec?.cloudConfig?.machinePools ?? [];
  const profiles = spec?.clusterProfileTemplates ?? [];
  return {
    uid: metadata.uid,
    name: metadata.name,
    state: status?.state ?? 'unknown',
    health: healthOf(status?.health?.state),
    profiles: profiles.flatMap(({ name }) => name ?? []),
    updates_available: status?.notifications?.isAvailable === true,
    ...present({
      cloud: spec?.cloudConfig?.cloudType,
      project: spec?.projectMeta?.name,
      nodes: pools.length === 0 ? undefined : nodeCounts(pools),
      created_at: metadata.creationTimestamp,
      ...measured(status),
      kubernetes_version: status?.kubeMeta?.kubernetesVersion ?? kubernetesVersion(profiles),
    }),
  };
}

function measured(status: ClusterSummary['status']) {
  const { location, metrics, cost, hourlyRate } = status ?? {};
  return {
    region: location?.regionName ?? location?.regionCode,
    cpu: usageOf(metrics?.cpu),
    memory: usageOf(metrics?.memory),
    cost: costOf(cost),
    hourly_rate: costOf(hourlyRate),
  };
}

/** Machines of all pools. */
export function nodeCounts(pools: readonly MachinePool[]): { total: number; healthy: number } {
  const sum = (count: (pool: MachinePool) => number | undefined): number =>
    pools.reduce((total, pool) => total + Math.trunc(count(pool) ?? 0), 0);
  return { total: sum((pool) => pool.size), healthy: sum((pool) => pool.healthy) };
}

interface Usage {
  readonly usage?: number | undefined;
  readonly request?: number | undefined;
  readonly limit?: number | undefined;
  readonly total?: number | undefined;
  readonly unit?: string | undefined;
}

export function usageOf(metrics: Usage | undefined): z.input<typeof usageOutput> | undefined {
  if (metrics === undefined) return undefined;
  const { usage, request, limit, total, unit } = metrics;
  return present({ usage, requested: request, limits: limit, total, unit });
}

interface Cost {
  readonly total?: number | undefined;
  readonly cloud?: { readonly compute?: number | undefined; readonly storage?: number | undefined } | undefined;
}

export function costOf(cost: Cost | undefined): z.input<typeof costOutput> | undefined {
  if (cost?.total === undefined && cost?.cloud === undefined) return undefined;
  return present({ compute: cost.cloud?.compute, storage: cost.cloud?.storage, total: cost.total });
}
