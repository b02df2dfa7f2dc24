import { z } from 'zod';
import { listOf, pageArgs, pageOf } from '../../page.ts';
import type { Tool } from '../../tool.ts';
import { present } from '../../present.ts';
import { fetchFitting } from '../api/pages.ts';
import { type PackMetadata, packMetadata } from '../api/shapes.ts';
import { definePalette, type PaletteTools } from './palette-tool.ts';

const layers = ['kernel', 'os', 'k8s', 'cni', 'csi', 'addon'] as const;

const packOutput = z.object({
  name: z.string(),
  display_name: z.string().optional(),
  layer: z.string().optional(),
  type: z.string().optional().describe('spectro, helm, manifest or oci.'),
  addon_type: z.string().optional(),
  clouds: z.array(z.string()),
  registries: z.array(
    z.object({ name: z.string().optional(), uid: z.string().optional(), latest_version: z.string().optional() }),
  ),
});

/** `list_available_packs` of Palette. */
export function listPacks(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'list_available_packs',
      title: 'List packs of Palette',
      description:
        'Packs that profiles can be made of (operating systems, Kubernetes, network, storage, add-ons), with their newest version in each registry.',
      input: z.strictObject({
        layer: z.enum(layers).optional().describe('Layer of the stack.'),
        registry: z.string().min(1).max(253).optional().describe('Name or uid of a registry.'),
        name: z.string().min(1).max(253).optional().describe('Part of the name of the pack; case does not count.'),
        ...pageArgs,
      }),
      output: listOf(packOutput),
      cut: 'items',
      run: async (args, asking) => {
        const filter = present({
          layer: args.layer && [args.layer],
          name: args.name === undefined ? undefined : { contains: args.name, ignoreCase: true },
        });
        const askPage = asking.pages('searchPacks', { body: { filter, sort: [] } }, packMetadata);
        const { registry } = args;
        const fits = registry === undefined ? null : (pack: PackMetadata) => isIn(pack, registry);
        const page = await pageOf(args, asking.call, (token, limit) => fetchFitting(askPage, fits, token, limit));
        return { ...page, items: page.items.map(packOf), ...asking.read };
      },
    },
    tools,
  );
}

/** A registry is named by people, so that Palette's own filter, which takes uids, is of no use. */
function isIn({ spec }: PackMetadata, registry: string): boolean {
  const wanted = registry.toLowerCase();
  return spec.registries.some(({ name, uid }) => uid === registry || name?.toLowerCase() === wanted);
}

function packOf({ spec }: PackMetadata): z.input<typeof packOutput> {
  return {
    name: spec.name,
    clouds: spec.cloudTypes,
    registries: spec.registries.map(({ name, uid, latestVersion }) =>
      present({ name, uid, latest_version: latestVersion }),
    ),
    ...present({ display_name: spec.displayName, layer: spec.layer, type: spec.type, addon_type: spec.addonType }),
  };
}
