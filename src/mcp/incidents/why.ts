import { z } from 'zod';
import { outcomeMeaning, outcomes } from '../../domain/fault.ts';
import type { ListedFault, StateReader } from '../../domain/state-store.ts';
import { listedFaultJson, listedFaultSchema } from '../../domain/wire/incident.ts';
import { silenceJson, silenceSchema } from '../../domain/wire/silence.ts';
import { keptFaults, silencesBehind } from '../../kube/kept-faults.ts';
import type { Clock } from '../../lib/clock.ts';
import { clusterArgs, type ToolClusters } from '../clusters.ts';
import { listOf, type Page, pageArgs, pageOf, pageOfAll } from '../page.ts';
import { define, type Tool, type ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { clusterAsked, oneCluster, requireConfigured } from './asked-cluster.ts';
import { fetchFitting } from './fetch-fitting.ts';
import { type NamedObject, objectArgs, objectOf, objectText, requireKnownObject } from './object-args.ts';

export interface WhyDeps {
  readonly reader: Pick<StateReader, 'faults' | 'why' | 'silences'>;
  readonly clusters: ToolClusters;
  readonly clock: Pick<Clock, 'now'>;
}

const input = z.strictObject({
  cluster: clusterArgs.cluster.describe(
    'Name of a configured cluster; can be left out when there is only one. Without an object and a cluster: of all.',
  ),
  kind: objectArgs.kind.optional(),
  namespace: objectArgs.namespace,
  name: objectArgs.name.optional(),
  fault_id: z.string().min(1).max(200).optional().describe('Only this fault.'),
  outcome: z.enum(outcomes).optional().describe('Only what ended so.'),
  ...pageArgs,
});
type Args = z.output<typeof input>;

const output = listOf(
  listedFaultSchema.extend({
    meaning: z.string().describe('What the outcome means for who asks why nobody was told.'),
  }),
  {
    object: z.string().optional().describe('KIND/NAMESPACE/NAME of what was asked about.'),
    reason: z.string().optional().describe('Why there is nothing.'),
    silences: z.array(silenceSchema).describe('The silences that rules name.'),
  },
);

/** The tool `why`. */
export function why({ reader, clusters, clock }: WhyDeps): Tool {
  return define({
    name: 'why',
    toolset: 'incidents',
    title: 'What became of faults',
    description:
      'What became of every fault that was received about an object, what it owns or its pods: told or not, by which rule, in which incident. Use it when somebody asks why there was no message, or what happened to a workload before. Without kind and name: the newest faults of a cluster, or of all.',
    input,
    output,
    run: async (args, call) => {
      const { object, page } = await faultsAsked(args, { reader, clusters }, call);
      const silences = await silencesBehind(reader, page.items);
      const items = page.items.map((fault) => ({
        ...listedFaultJson(fault),
        meaning: outcomeMeaning(fault.reception),
      }));
      const now = clock.now();
      return {
        ...page,
        items,
        ...(object === null ? {} : { object }),
        ...(items.length > 0 || page.truncated ? {} : { reason: reasonNone(object) }),
        silences: silences.map((silence) => silenceJson(silence, now)),
        as_of: new Date(now).toISOString(),
        source: 'nightcrier',
      };
    },
  });
}

interface Asked {
  readonly object: string | null;
  readonly page: Page<ListedFault>;
}

async function faultsAsked(args: Args, { reader, clusters }: Omit<WhyDeps, 'clock'>, call: ToolCall): Promise<Asked> {
  const fits = ({ reception: { signal, outcome } }: ListedFault): boolean =>
    (args.fault_id ?? signal?.faultId) === signal?.faultId && (args.outcome ?? outcome) === outcome;
  const named = namedObject(args);
  const cluster =
    named === null ? clusterAsked(args.cluster, clusters, call) : oneCluster(args.cluster, clusters, call);
  if (named === null) {
    const query = { ...(cluster === null ? {} : { cluster }), ...(args.outcome && { outcome: args.outcome }) };
    const searched: Parameters<typeof fetchFitting<ListedFault>>[0] = {
      read: (asked) => reader.faults({ ...query, ...asked }),
      fits,
      after: ({ reception }) => String(reception.seq),
      searchSize,
    };
    const page = await pageOf(args, call, (token, limit) => fetchFitting(searched, token, limit));
    if (page.items.length === 0 && cluster !== null) requireConfigured(cluster, clusters, call);
    return { object: null, page };
  }
  const { ref, faults } = await keptFaults(reader, cluster ?? '', named);
  if (faults.length === 0) {
    // Faults of any kind are kept; only where there are none is a name in doubt.
    requireConfigured(cluster ?? '', clusters, call);
    requireKnownObject(ref);
  }
  return { object: objectText(ref), page: await pageOfAll(faults.filter(fits), args, call) };
}

/** @throws ToolError `invalid_argument` for half of a name */
function namedObject({ kind, namespace, name }: Args): NamedObject | null {
  if (kind !== undefined && name !== undefined) return objectOf({ kind, namespace, name });
  if (kind === undefined && name === undefined && namespace === undefined) return null;
  throw new ToolError(
    'invalid_argument',
    'an object is named by kind and name, with its namespace where it is in one',
    {
      steps: ['Give kind and name, or none of kind, namespace and name for the newest faults.'],
    },
  );
}

/** Size of the pages of the store when one fault is looked for. */
const searchSize = 500;

function reasonNone(object: string | null): string {
  const what = object === null ? 'nothing of the kind was received' : `nothing was received about ${object}`;
  return `${what}; get_clusters_health says whether the cluster is watched`;
}
