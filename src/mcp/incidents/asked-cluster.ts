import { clusterOf, type ToolClusters } from '../clusters.ts';
import type { ToolCall } from '../tool.ts';

/**
 * The cluster that a call is about, null for all. One that was taken out of the configuration may be asked about: what it
 * left is kept for a while. @throws ToolError `unknown_cluster` when the caller may see another one alone
 */
export function clusterAsked(cluster: string | undefined, clusters: ToolClusters, call: ToolCall): string | null {
  if (call.onlyCluster === null) return cluster ?? null;
  if (cluster !== undefined) requireConfigured(cluster, clusters, call);
  return call.onlyCluster;
}

/** The same where one has to be named, unless there is only one. @throws ToolError `unknown_cluster` */
export function oneCluster(cluster: string | undefined, clusters: ToolClusters, call: ToolCall): string {
  return clusterAsked(cluster, clusters, call) ?? clusterOf({}, clusters, call).name;
}

/** For who found nothing: the name may be wrong. @throws ToolError `unknown_cluster` */
export function requireConfigured(cluster: string, clusters: ToolClusters, call: ToolCall): void {
  clusterOf({ cluster }, clusters, call);
}
