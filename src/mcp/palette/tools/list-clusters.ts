import { z } from 'zod';
import { listOf, pageArgs, pageOf } from '../../page.ts';
import type { Tool } from '../../tool.ts';
import { fetchFitting } from '../api/pages.ts';
import { type ClusterSummary, clusterSummary } from '../api/shapes.ts';
import { clusterFacts, clusterOutput, healthOf, healthStates } from './cluster-facts.ts';
import { definePalette, type PaletteTools } from './palette-tool.ts';

/** A search without conditions: Palette documents no names of properties to filter by, so pages are filtered here. */
export const everyCluster = { filter: { conjunction: 'and', filterGroups: [] }, sort: [] };

const input = z.strictObject({
  state: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('State of the life cycle, such as Running; case does not count.'),
  cloud: z.string().min(1).max(64).optional().describe('Cloud, such as aws, azure, gcp, vsphere.'),
  health: z.enum(healthStates).optional().describe('As Palette judges it.'),
  ...pageArgs,
});
type Filter = z.output<typeof input>;

/** `list_clusters` of Palette. */
export function listClusters(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'list_clusters',
      title: 'List Palette clusters',
      description:
        'Clusters that Spectro Cloud Palette manages, with state, health, cloud, nodes, profiles, Kubernetes version and cost. Use it to find a cluster and its uid for the other Palette tools.',
      input,
      output: listOf(clusterOutput),
      cut: 'items',
      run: async (args, asking) => {
        const askPage = asking.pages('searchClusters', { body: everyCluster }, clusterSummary);
        const page = await pageOf(args, asking.call, (token, limit) =>
          fetchFitting(askPage, fitsOf(args), token, limit),
        );
        return { ...page, items: page.items.map(clusterFacts), ...asking.read };
      },
    },
    tools,
  );
}

function fitsOf({ state, cloud, health }: Filter): ((cluster: ClusterSummary) => boolean) | null {
  if (state === undefined && cloud === undefined && health === undefined) return null;
  return ({ specSummary, status }) =>
    isWord(state, status?.state) &&
    isWord(cloud, specSummary?.cloudConfig?.cloudType) &&
    (health === undefined || healthOf(status?.health?.state) === health);
}

function isWord(wanted: string | undefined, word: string | undefined): boolean {
  return wanted === undefined || word?.toLowerCase() === wanted.toLowerCase();
}
