import type { ToolsetParts } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { listDeployments } from './list-deployments.ts';
import { listNamespaces } from './list-namespaces.ts';
import { listPods } from './list-pods.ts';
import { listServices } from './list-services.ts';
import { getNodeStatus } from './node-status.ts';

/** Reading a Kubernetes cluster: what kubectl shows, with the faults that stand and where they come from. */
export function kubernetesToolset(deps: KubernetesDeps): ToolsetParts {
  const tools = [listPods, listDeployments, getNodeStatus, listServices, listNamespaces].map((make) => make(deps));
  return { toolset: 'kubernetes', tools };
}
