import type { ToolsetParts } from '../tool.ts';
import { PaletteSource, type PaletteSourceOptions } from './palette-source.ts';
import { paletteResources } from './resources.ts';
import { clusterCosts } from './tools/cluster-cost.ts';
import { clusterDetails } from './tools/cluster-details.ts';
import { clusterEvents } from './tools/cluster-events.ts';
import { compareClusters } from './tools/compare-clusters.ts';
import { diagnoseCluster, type MappedClusters } from './tools/diagnose-cluster.ts';
import { listClusters } from './tools/list-clusters.ts';
import { listPacks } from './tools/list-packs.ts';
import { listProfiles, profileDetails } from './tools/profiles.ts';
import { recommendProfile } from './tools/recommend-profile.ts';
import { validateConfiguration } from './tools/validate-configuration.ts';

export interface PaletteToolsetDeps extends PaletteSourceOptions, MappedClusters {}

/** The `palette` toolset: Spectro Cloud Palette, read through its API, or a demo fleet where no key is configured. */
export function paletteToolset(deps: PaletteToolsetDeps): ToolsetParts & {
  /** Whether what it gives now is the demo; null when it can give nothing. */
  readonly isDemo: () => boolean | null;
  /** Ends what is under way. */
  readonly close: () => Promise<void>;
} {
  const palettes = new PaletteSource(deps);
  const tools = { palettes, clock: deps.clock };
  const resources = paletteResources(tools);
  return {
    toolset: 'palette',
    tools: [
      listClusters(tools),
      clusterDetails(tools),
      clusterEvents(tools),
      clusterCosts(tools),
      listProfiles(tools),
      profileDetails(tools),
      listPacks(tools),
      diagnoseCluster(tools, deps),
      recommendProfile(tools),
      validateConfiguration(tools),
      compareClusters(tools),
    ],
    resources: () => resources,
    isDemo: () => palettes.isDemo,
    close: () => palettes.close(),
  };
}
