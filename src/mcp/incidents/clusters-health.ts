import { z } from 'zod';
import type { ClusterDirectory } from '../../domain/cluster-status.ts';
import { dayOf } from '../../domain/decide/budget.ts';
import type { StateReader } from '../../domain/state-store.ts';
import { clustersJson, type ClustersJson, clustersSchema, type StandingProblem } from '../../domain/wire/cluster.ts';
import type { Clock } from '../../lib/clock.ts';
import { clusterArgs, clusterOf, type ToolClusters } from '../clusters.ts';
import { define, type Tool } from '../tool.ts';

export interface ClustersHealthDeps {
  readonly directory: ClusterDirectory;
  readonly reader: Pick<StateReader, 'counters' | 'spend'>;
  /** What stands wrong and is shown: of clusters, and of none. */
  readonly problems: () => Promise<readonly StandingProblem[]>;
  readonly clusters: ToolClusters;
  readonly clock: Pick<Clock, 'now'>;
}

/** The tool `get_clusters_health`. */
export function getClustersHealth({ directory, reader, problems, clusters, clock }: ClustersHealthDeps): Tool {
  return define({
    name: 'get_clusters_health',
    toolset: 'incidents',
    title: 'Health of the clusters',
    description:
      'Whether each cluster is watched: its connection, when it was last heard of, what its credential may read, what stands wrong in the set-up and how to mend it, how many incidents stand, and what agents spent today. What runs in a cluster is told by list_incidents and diagnose_cluster.',
    input: z.strictObject({
      ...clusterArgs,
      cluster: clusterArgs.cluster.describe('Only this cluster; without it all.'),
      unhealthy: z.boolean().default(false).describe('Only clusters that are not active, or have a problem.'),
    }),
    output: clustersSchema.extend({ as_of: z.string().describe('When it was read, ISO 8601 UTC.') }),
    cut: { list: 'clusters', from: 'end' },
    run: async ({ cluster, unhealthy }, call) => {
      const only = cluster === undefined ? call.onlyCluster : clusterOf({ cluster }, clusters, call).name;
      const now = clock.now();
      const [counters, today, standing] = await Promise.all([
        reader.counters(),
        reader.spend({ since: dayOf(now).start, ...(only === null ? {} : { cluster: only }) }),
        problems(),
      ]);
      const statuses = directory.statuses().filter((status) => only === null || status.cluster === only);
      const json = clustersJson(statuses, { ...counters, today }, standing, now);
      const shown = json.clusters.filter((one) => !unhealthy || isUnwell(one)).sort(unwellFirst);
      // Agents and what belongs to no cluster are not for who may see one cluster.
      const ofNone = call.onlyCluster === null ? {} : { agents: [], problems: [] };
      return { ...json, clusters: shown, ...ofNone, as_of: new Date(now).toISOString() };
    },
  });
}

type ClusterJson = ClustersJson['clusters'][number];

function isUnwell({ status, problems }: ClusterJson): boolean {
  return status !== 'active' || problems.length > 0;
}

/** So that what is cut is well. */
function unwellFirst(a: ClusterJson, b: ClusterJson): number {
  return Number(isUnwell(b)) - Number(isUnwell(a));
}
