import { z } from 'zod';
import type { Tool } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { present } from '../../present.ts';
import { clusterDashboard, clusterNames, clusterProfiles, profileUpdates } from '../api/shapes.ts';
import { comparePacks, runningPacks } from '../rules/compare-packs.ts';
import { type PackDrift, packDrift } from '../rules/pack-drift.ts';
import { kubernetesVersion } from '../rules/pack-version.ts';
import { costOf, costOutput, nodeCounts, nodesOutput, usageOf, usageOutput } from './cluster-facts.ts';
import { uniqueUid } from './named.ts';
import { type Asking, definePalette, type PaletteTools } from './palette-tool.ts';

const output = z.object({
  clusters: z.array(
    z.object({
      uid: z.string(),
      name: z.string(),
      cloud: z.string().optional(),
      kubernetes_version: z.string().optional(),
      nodes: nodesOutput.optional(),
      cpu: usageOutput.optional(),
      memory: usageOutput.optional(),
      hourly_rate: costOutput.optional().describe('USD an hour.'),
      profiles: z.array(z.string()),
    }),
  ),
  differences: z.array(
    z.object({
      pack: z.string(),
      layer: z.string(),
      difference: z.enum(['missing', 'version', 'values']).describe('values: same version, other settings.'),
      versions: z.array(
        z.object({
          cluster: z.string(),
          version: z.string().optional().describe('Not there: it does not run the pack.'),
        }),
      ),
    }),
  ),
  same_packs: z.int().describe('Packs that are the same in all of them.'),
  drift: z
    .array(
      z.object({
        cluster: z.string(),
        profile: z.string(),
        pack: z.string(),
        layer: z.string().optional(),
        runs: z.string().optional(),
        profile_says: z.string().optional(),
      }),
    )
    .describe('Where a cluster runs something else than its own profile says by now.'),
  same_kubernetes_version: z.boolean(),
});

/** `compare_clusters` of Palette. */
export function compareClusters(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'compare_clusters',
      title: 'Compare Palette clusters',
      description:
        'How two to five clusters differ: packs and their versions and settings, drift of each from its own profiles, size, Kubernetes version, cost. Use it to find why one cluster behaves otherwise, or which one lags behind.',
      input: z.strictObject({
        clusters: z.array(z.string().min(1).max(253)).min(2).max(5).describe('Uids or names of the clusters.'),
      }),
      output,
      cut: 'differences',
      run: async ({ clusters: wanted }, asking) => {
        const compared = await Promise.all((await uidsOf(wanted, asking)).map((uid) => askOne(uid, asking)));
        const names = compared.map(({ facts }) => facts.name);
        const { differences, same } = comparePacks(compared.map(({ packs }) => packs));
        const kubernetes = new Set(compared.map(({ facts }) => facts.kubernetes_version));
        return {
          clusters: compared.map(({ facts }) => facts),
          differences: differences.map(({ versions, ...difference }) => ({
            ...difference,
            versions: versions.map((version, at) => ({
              cluster: names[at] ?? '',
              ...(version === '' ? {} : { version }),
            })),
          })),
          same_packs: same,
          drift: compared.flatMap(({ facts, drift }) => drift.map((one) => driftOf(facts.name, one))),
          same_kubernetes_version: kubernetes.size === 1,
        };
      },
    },
    tools,
  );
}

async function uidsOf(wanted: readonly string[], asking: Asking): Promise<readonly string[]> {
  const known = await asking.ask('clusterNames', {}, clusterNames);
  const uids = wanted.map((one) =>
    known.some(({ metadata }) => metadata.uid === one) ? one : uniqueUid('cluster', one, known, asking.palette),
  );
  if (new Set(uids).size === uids.length) return uids;
  throw new ToolError('invalid_argument', 'a cluster is there twice', 'Name different clusters.');
}

/** What one cluster runs, how large it is, and what its profiles say by now. */
async function askOne(uid: string, asking: Asking) {
  const [running, dashboard, updates] = await Promise.all([
    asking.ask('clusterProfiles', { uid }, clusterProfiles),
    asking.ask('clusterSummary', { uid }, clusterDashboard),
    asking.ask('profileUpdates', { uid }, profileUpdates),
  ]);
  const { metadata, spec, status } = dashboard;
  const stacks = running.profiles.map(({ metadata: { uid: profileUid, name }, spec: stack }) => ({
    uid: profileUid,
    name,
    packs: (stack?.packs ?? []).map(({ spec: { name: pack, layer, version } }) => ({ name: pack, layer, version })),
  }));
  const pools = spec?.cloudConfig?.machinePools ?? [];
  const facts = {
    uid,
    name: metadata.name,
    profiles: running.profiles.map(({ metadata: { name } }) => name),
    ...present({
      cloud: spec?.cloudConfig?.cloudType,
      kubernetes_version: status?.kubeMeta?.kubernetesVersion ?? kubernetesVersion(stacks),
      nodes: pools.length === 0 ? undefined : nodeCounts(pools),
      cpu: usageOf(status?.metrics?.cpu),
      memory: usageOf(status?.metrics?.memory),
      hourly_rate: costOf(status?.hourlyRate),
    }),
  };
  return { facts, packs: runningPacks(running), drift: packDrift(stacks, updates.profiles) };
}

function driftOf(cluster: string, { profile, pack, layer, runs, profile_says: says }: PackDrift) {
  return {
    cluster,
    profile,
    pack,
    ...present({ layer, runs, profile_says: says }),
  };
}
