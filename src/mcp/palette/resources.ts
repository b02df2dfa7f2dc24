import type { Clock } from '../../lib/clock.ts';
import type { Resource, ToolCall } from '../tool.ts';
import { type AskPage, fetchFirst } from './api/pages.ts';
import type { Palette } from './api/palette-api.ts';
import { clusterSummary } from './api/shapes.ts';
import { clusterFacts } from './tools/cluster-facts.ts';
import { everyCluster } from './tools/list-clusters.ts';
import { type Asking, askingOf, type PaletteTools } from './tools/palette-tool.ts';
import { profileFacts, profilePages } from './tools/profiles.ts';

/** A summary is given again for so long, ms. */
const keptMs = 60_000;
const maxItems = 500;

/** `palette://clusters` and `palette://profiles`: summaries as JSON. */
export function paletteResources(tools: PaletteTools): readonly Resource[] {
  return [
    summaryResource(tools, {
      uri: 'palette://clusters',
      name: 'palette-clusters',
      title: 'Clusters of Palette',
      description: 'The clusters that Palette manages, as palette_list_clusters gives them; at most a minute old.',
      items: (asking) => firstOf(asking.pages('searchClusters', { body: everyCluster }, clusterSummary), clusterFacts),
    }),
    summaryResource(tools, {
      uri: 'palette://profiles',
      name: 'palette-profiles',
      title: 'Cluster profiles of Palette',
      description:
        'The cluster profiles of Palette, as palette_list_cluster_profiles gives them; at most a minute old.',
      items: (asking) => firstOf(profilePages(asking, {}), profileFacts),
    }),
  ];
}

interface Summary {
  readonly items: readonly unknown[];
  readonly truncated: boolean;
}

interface Summarised extends Pick<Resource, 'uri' | 'name' | 'title' | 'description'> {
  readonly items: (asking: Asking) => Promise<Summary>;
}

function summaryResource(tools: PaletteTools, { items, ...named }: Summarised): Resource {
  const kept = new KeptText(tools.clock);
  return {
    ...named,
    mimeType: 'application/json',
    toolset: 'palette' as const,
    foreign: true,
    read: (_values, call: ToolCall) => {
      const asking = askingOf(tools, call);
      return kept.text(asking.palette, async () => {
        const summary = await items(asking);
        return JSON.stringify({ demo: asking.palette.demo, ...asking.read, ...summary });
      });
    },
  };
}

/** The text of one Palette: another one (another key, the demo) has its own. A failure is not kept. */
class KeptText {
  readonly #clock: Clock;
  #kept: { readonly of: Palette; readonly text: string; readonly at: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async text(of: Palette, make: () => Promise<string>): Promise<string> {
    const at = this.#clock.monotonic();
    if (this.#kept?.of === of && at - this.#kept.at < keptMs) return this.#kept.text;
    const text = await make();
    this.#kept = { of, text, at };
    return text;
  }
}

async function firstOf<T>(askPage: AskPage<T>, shown: (item: T) => unknown): Promise<Summary> {
  const { items, whole } = await fetchFirst(askPage, maxItems);
  return { items: items.map(shown), truncated: !whole };
}
