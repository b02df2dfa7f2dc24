import { z } from 'zod';
import { listOf, pageArgs, pageOf } from '../../page.ts';
import type { Tool } from '../../tool.ts';
import { present } from '../../present.ts';
import { fetchFitting } from '../api/pages.ts';
import { type ClusterEvent, clusterEvent } from '../api/shapes.ts';
import { clusterIdArgs, clusterUidOf } from './named.ts';
import { definePalette, type PaletteTools } from './palette-tool.ts';

const eventOutput = z.object({
  time: z.string().optional(),
  severity: z.string().optional(),
  reason: z.string().optional(),
  message: z.string(),
  component: z.string().optional().describe('Of Palette, which says it.'),
  object: z.string().optional().describe('KIND/NAME of what it is about.'),
});

/** `get_cluster_events` of Palette. */
export function clusterEvents(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'get_cluster_events',
      title: 'List events of a Palette cluster',
      description:
        "Events that Palette recorded for a cluster while it made, changed or repaired it, in Palette's order. Use it to see why a cluster does not come up; events inside the cluster are Kubernetes events, which this does not show.",
      input: z.strictObject({
        ...clusterIdArgs,
        severity: z.string().min(1).max(32).optional().describe('Such as Error, Warning, Info; case does not count.'),
        ...pageArgs,
      }),
      output: listOf(eventOutput),
      cut: 'items',
      run: async (args, asking) => {
        const uid = await clusterUidOf(args, asking);
        const askPage = asking.pages('clusterEvents', { uid }, clusterEvent);
        const wanted = args.severity?.toLowerCase();
        const fits = wanted === undefined ? null : (event: ClusterEvent) => event.severity?.toLowerCase() === wanted;
        const page = await pageOf(args, asking.call, (token, limit) => fetchFitting(askPage, fits, token, limit));
        return { ...page, items: page.items.map(eventOf), ...asking.read };
      },
    },
    tools,
  );
}

function eventOf(event: ClusterEvent): z.input<typeof eventOutput> {
  const { kind, name } = event.involvedObject ?? {};
  return {
    message: event.message ?? '',
    ...present({
      time: eventTime(event),
      severity: event.severity,
      reason: event.reason,
      component: event.source?.component,
      object: name === undefined ? undefined : `${kind ?? 'object'}/${name}`,
    }),
  };
}

/** When it was seen last, as Palette writes it. */
function eventTime({ metadata }: ClusterEvent): string | undefined {
  return metadata?.lastModifiedTimestamp ?? metadata?.creationTimestamp;
}
