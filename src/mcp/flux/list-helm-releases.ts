import { z } from 'zod';
import { items } from '../../kube/objects.ts';
import { clusterOrNodeArgs } from '../clusters.ts';
import { ageOf } from '../kubernetes/read/results.ts';
import { listOf, objectKey, pageArgs, pageByKey } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import { present } from '../present.ts';
import {
  chartTemplateOf,
  dependenciesOf,
  type FluxObject,
  refText,
  sourceText,
  textOf,
} from './objects/flux-object.ts';
import { type FluxDeps, openFlux } from './objects/flux-reader.ts';
import { fluxStates, stateOf } from './objects/state.ts';
import { stateSchema, statusFields, statusShape, summaryOf, summarySchema } from './objects/status-fields.ts';
import { cutReason, namespaceArg } from './objects/args.ts';

const item = z.object({
  name: z.string(),
  namespace: z.string(),
  state: stateSchema,
  ...statusShape,
  chart: z.string().optional().describe('Name of the chart, when it is taken from a repository.'),
  wanted_version: z.string().optional().describe('Version or range of the chart that is asked for.'),
  source: z.string().optional().describe('Kind/namespace/name of where the chart is from.'),
  depends_on: z.array(z.string()).describe('Kind/namespace/name of what has to be ready first.'),
  last_attempted_revision: z.string().optional().describe('Version of the chart that was tried last.'),
  released_version: z.string().optional().describe('Version of the chart of the newest release.'),
  app_version: z.string().optional(),
  release_status: z.string().optional().describe('Of the newest release, as Helm says it: deployed, failed, …'),
  revision: z.int().optional().describe("Helm's number of the newest release."),
  failures: z.int().optional().describe('Failed attempts since the last success.'),
  age: z.string().optional(),
});

/** `list_flux_helm_releases`. */
export function listHelmReleases(deps: FluxDeps): Tool {
  return define({
    name: 'list_flux_helm_releases',
    toolset: 'flux',
    title: 'Flux HelmReleases',
    description:
      'Lists the Flux HelmReleases of a cluster with their state, the chart and version that is asked for and the one that is released, and a count by state. It reads no values and no release Secrets.',
    input: z.strictObject({
      ...clusterOrNodeArgs,
      namespace: namespaceArg,
      state: z.enum(fluxStates).optional().describe('Only those in this state; the summary counts all.'),
      ...pageArgs,
    }),
    output: listOf(item, { summary: summarySchema }),
    run: async (args, call) => {
      const { flux, now, told } = openFlux(args, deps, call);
      const list = await flux.list('HelmRelease', present({ namespace: args.namespace }));
      const all = list.items;
      const chosen = args.state === undefined ? all : all.filter((one) => stateOf(one) === args.state);
      const page = await pageByKey(chosen, objectKey, args, call, cutReason(list));
      const rows = page.items.map((one) => rowOf(one, now));
      return { ...page, items: rows, summary: summaryOf(all), ...told };
    },
  });
}

function rowOf(object: FluxObject, now: number): z.output<typeof item> {
  const { metadata, status } = object;
  const template = chartTemplateOf(object);
  const [newest] = items(status?.history);
  return present({
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    state: stateOf(object),
    ...statusFields(object),
    chart: textOf(template?.chart),
    wanted_version: textOf(template?.version),
    source: sourceText(object),
    depends_on: dependenciesOf(object).map(refText),
    last_attempted_revision: textOf(status?.lastAttemptedRevision),
    released_version: textOf(newest?.chartVersion),
    app_version: textOf(newest?.appVersion),
    release_status: textOf(newest?.status),
    revision: countOf(newest?.version),
    failures: countOf(status?.failures),
    age: ageOf(object, now),
  });
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
