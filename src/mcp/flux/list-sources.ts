import { z } from 'zod';
import type { ListOptions } from '../../kube/cluster-reader.ts';
import { clusterOrNodeArgs } from '../clusters.ts';
import { listOf, objectKey, pageArgs, pageByKey } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { present } from '../present.ts';
import { type FluxObject, sourceText, textOf } from './objects/flux-object.ts';
import { type FluxDeps, type FluxList, type FluxReader, openFlux } from './objects/flux-reader.ts';
import { sourceKinds } from './objects/kinds.ts';
import { revisionOf, urlOf } from './objects/source-fields.ts';
import { since, statusFields, statusShape } from './objects/status-fields.ts';
import { cutReason, namespaceArg } from './objects/args.ts';

const item = z.object({
  kind: z.string(),
  name: z.string(),
  namespace: z.string(),
  url: z.string().optional().describe('Where it is from, without credentials.'),
  ref: z.string().optional().describe('What of it: branch=main, tag=v1, chart=podinfo version=6.x, …'),
  source: z
    .string()
    .optional()
    .describe('Kind/namespace/name of what it is made from, of a kind that is made from others.'),
  ...statusShape,
  artifact_revision: z.string().optional().describe('What is held and applied; left out when there is nothing yet.'),
  artifact_age: z.string().optional().describe('Since when it is held.'),
});

/** `list_flux_sources`. */
export function listSources(deps: FluxDeps): Tool {
  return define({
    name: 'list_flux_sources',
    toolset: 'flux',
    title: 'Flux sources',
    description:
      'Lists the sources of Flux in a cluster (Git and OCI repositories, Helm repositories and charts, buckets, external artifacts): whether they can be fetched and which revision is held. Use it when something is not deployed although it was pushed.',
    input: z.strictObject({
      ...clusterOrNodeArgs,
      kind: z
        .enum([...sourceKinds, 'all'])
        .default('GitRepository')
        .describe('Kind of the sources; all: every kind that the cluster has.'),
      namespace: namespaceArg,
      ...pageArgs,
    }),
    output: listOf(item),
    run: async (args, call) => {
      const { flux, now, told } = openFlux(args, deps, call);
      const options = present({ namespace: args.namespace });
      const lists = args.kind === 'all' ? await everyKind(flux, options) : [await flux.list(args.kind, options)];
      const all = lists.flatMap((list) => list.items);
      const page = await pageByKey(all, keyOf, args, call, cutReason(...lists));
      const rows = page.items.map((one) => rowOf(one, now));
      return { ...page, items: rows, ...told };
    },
  });
}

/** Kind by kind. */
function keyOf(object: FluxObject): string {
  return `${sourceKinds.findIndex((kind) => kind === object.kind)} ${objectKey(object)}`;
}

/** Of each kind that the cluster has. @throws ToolError `not_installed` when it has none */
async function everyKind(flux: FluxReader, options: ListOptions): Promise<FluxList[]> {
  const lists = await Promise.all(sourceKinds.map((kind) => flux.listIfServed(kind, options)));
  const served = lists.filter((list) => list !== null);
  return served.length === 0 ? [await flux.list('GitRepository', options)] : served;
}

function rowOf(object: FluxObject, now: number): z.output<typeof item> {
  const { kind, metadata, status } = object;
  return present({
    kind,
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    url: urlOf(object),
    ref: revisionOf(object),
    source: sourceText(object),
    ...statusFields(object),
    artifact_revision: textOf(status?.artifact?.revision),
    artifact_age: since(status?.artifact?.lastUpdateTime, now),
  });
}
