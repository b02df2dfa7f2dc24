import type { Tool, ToolsetParts } from '../tool.ts';
import { getClusterInfo } from './cluster-info.ts';
import type { KubernetesDeps } from './deps.ts';
import { describePod } from './describe-pod.ts';
import { describeResource } from './describe-resource.ts';
import { diagnoseCluster } from './diagnose-cluster.ts';
import { getEvents, getPodEvents } from './events.ts';
import { getHelmReleaseValues, listHelmReleases } from './helm-releases.ts';
import { listDeployments } from './list-deployments.ts';
import { listNamespaces } from './list-namespaces.ts';
import { listPods } from './list-pods.ts';
import { listServices } from './list-services.ts';
import { getNodeStatus } from './node-status.ts';
import { getPodLogs } from './pod-logs.ts';
import { getResourceUsage } from './resource-usage.ts';

/** In the order in which they are listed. */
const makers: readonly ((deps: KubernetesDeps) => Tool)[] = [
  getClusterInfo,
  listPods,
  listDeployments,
  getNodeStatus,
  diagnoseCluster,
  getResourceUsage,
  describePod,
  getPodLogs,
  getPodEvents,
  listServices,
  listNamespaces,
  describeResource,
  getEvents,
  listHelmReleases,
  getHelmReleaseValues,
];

/** Reading a Kubernetes cluster: what kubectl shows, with the faults that stand and where they come from. */
export function kubernetesToolset(deps: KubernetesDeps): ToolsetParts {
  return { toolset: 'kubernetes', tools: makers.map((make) => make(deps)) };
}
