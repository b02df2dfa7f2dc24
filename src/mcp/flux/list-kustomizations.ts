import { z } from 'zod';
import { items } from '../../kube/objects.ts';
import { clusterOrNodeArgs } from '../clusters.ts';
import { ageOf } from '../kubernetes/read/results.ts';
import { listOf, objectKey, pageArgs, pageByKey } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { present } from '../present.ts';
import { dependenciesOf, type FluxObject, refText, sourceText, textOf } from './objects/flux-object.ts';
import { type FluxDeps, openFlux } from './objects/flux-reader.ts';
import { fluxStates, stateOf } from './objects/state.ts';
import { stateSchema, statusFields, statusShape, summaryOf, summarySchema } from './objects/status-fields.ts';
import { cutReason, namespaceArg } from './objects/args.ts';

const item = z.object({
  name: z.string(),
  namespace: z.string(),
  state: stateSchema,
  ...statusShape,
  path: z.string().optional().describe('The folder of the source that is applied.'),
  source: z.string().optional().describe('Kind/namespace/name of what is applied.'),
  depends_on: z.array(z.string()).describe('Kind/namespace/name of what has to be ready first.'),
  last_applied_revision: z.string().optional(),
  last_attempted_revision: z.string().optional(),
  inventory_count: z.int().describe('Objects that it has applied; get_flux_tree shows them.'),
  age: z.string().optional(),
});

/** `list_flux_kustomizations`. */
export function listKustomizations(deps: FluxDeps): Tool {
  return define({
    name: 'list_flux_kustomizations',
    toolset: 'flux',
    title: 'Flux Kustomizations',
    description:
      'Lists the Flux Kustomizations of a cluster with their state (ready, failed, blocked by a dependency, suspended, …), what they apply from where, and a count by state. Start here to see whether GitOps works; use diagnose_flux_issues for why it does not.',
    input: z.strictObject({
      ...clusterOrNodeArgs,
      namespace: namespaceArg,
      state: z.enum(fluxStates).optional().describe('Only those in this state; the summary counts all.'),
      ...pageArgs,
    }),
    output: listOf(item, { summary: summarySchema }),
    run: async (args, call) => {
      const { flux, now, told } = openFlux(args, deps, call);
      const list = await flux.list('Kustomization', present({ namespace: args.namespace }));
      const all = list.items;
      const chosen = args.state === undefined ? all : all.filter((one) => stateOf(one) === args.state);
      const page = await pageByKey(chosen, objectKey, args, call, cutReason(list));
      const rows = page.items.map((one) => rowOf(one, now));
      return { ...page, items: rows, summary: summaryOf(all), ...told };
    },
  });
}

function rowOf(object: FluxObject, now: number): z.output<typeof item> {
  const { metadata, spec, status } = object;
  return present({
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    state: stateOf(object),
    ...statusFields(object),
    path: textOf(spec?.path),
    source: sourceText(object),
    depends_on: dependenciesOf(object).map(refText),
    last_applied_revision: textOf(status?.lastAppliedRevision),
    last_attempted_revision: textOf(status?.lastAttemptedRevision),
    inventory_count: items(status?.inventory?.entries).length,
    age: ageOf(object, now),
  });
}
