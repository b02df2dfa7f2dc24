import { z } from 'zod';
import { closest } from 'fastest-levenshtein';
import type { ClusterStatus } from '../domain/cluster-status.ts';
import type { ClusterReader } from '../kube/cluster-reader.ts';
import { listed } from '../lib/text.ts';
import type { ToolCall } from './tool.ts';
import { ToolError } from './tool-error.ts';

/** A configured cluster as tools see it. */
export interface ToolCluster {
  readonly name: string;
  readonly environment: string | null;
  /** All ways to read it behind each other. */
  readonly reader: ClusterReader;
  /** The ways that have answered since it was asked for, as results name them; the first way before one has. */
  readonly source: string;
  /** The options with which people's kubectl reaches it and no other. */
  readonly kubectl: readonly string[];
  /** Its place in Teleport, null when it has none. */
  readonly teleport: { readonly cluster: string; readonly node: string } | null;
  /** How its connection is; null where none is kept (served without a daemon). */
  status(): ClusterStatus | null;
}

/** By which way a cluster is read. */
export type ReadSource = 'kubeconfig' | 'mcp' | 'teleport-ssh' | 'teleport-kube';

/** The configured clusters of now. */
export interface ToolClusters {
  names(): readonly string[];
  get(name: string): ToolCluster | null;
}

const named = z.string().min(1).max(253).optional();

/** The arguments that name a cluster, for the schema of a tool. */
export const clusterArgs = {
  cluster: named.describe('Name of a configured cluster; can be left out when there is only one.'),
};

/** The same with the older form of Flux tools: a Teleport cluster and a node of it. */
export const clusterOrNodeArgs = {
  cluster: named.describe(
    'Name of a configured cluster; can be left out when there is only one. With node, the name of a Teleport cluster.',
  ),
  node: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/)
    .optional()
    .describe('Name of the Teleport node through which the cluster is reached; finds it together with cluster.'),
};

interface Named {
  readonly cluster?: string | undefined;
  readonly node?: string | undefined;
}

/** The cluster that the arguments mean. @throws ToolError `unknown_cluster` */
export function clusterOf({ cluster, node }: Named, clusters: ToolClusters, call: ToolCall): ToolCluster {
  const names = call.onlyCluster === null ? clusters.names() : [call.onlyCluster];
  const found = node === undefined ? byName(cluster, names) : byNode(cluster, node, names, clusters);
  const known = found === null ? null : clusters.get(found);
  if (known !== null) return known;
  throw new ToolError('unknown_cluster', unknownCluster({ cluster, node }, names), {
    steps: [`Give one of these as cluster: ${listed(names, 50) || 'none is configured'}.`],
  });
}

function byName(cluster: string | undefined, names: readonly string[]): string | null {
  if (cluster === undefined) return names.length === 1 ? (names[0] ?? null) : null;
  return names.includes(cluster) ? cluster : null;
}

/** By its place in Teleport. */
function byNode(
  cluster: string | undefined,
  node: string,
  names: readonly string[],
  clusters: ToolClusters,
): string | null {
  const fits = names.filter((name) => {
    const place = clusters.get(name)?.teleport ?? null;
    return place !== null && place.node === node && (cluster === undefined || place.cluster === cluster);
  });
  return fits.length === 1 ? (fits[0] ?? null) : null;
}

function unknownCluster({ cluster, node }: Named, names: readonly string[]): string {
  if (cluster === undefined && node === undefined) return 'there are several clusters and none is named';
  if (node !== undefined) return `no configured cluster is the node ${node} of the Teleport cluster ${cluster ?? '?'}`;
  const near = names.length === 0 ? '' : closest(cluster ?? '', [...names]);
  return `there is no cluster "${cluster}"${near === '' ? '' : `; the nearest name is "${near}"`}`;
}
