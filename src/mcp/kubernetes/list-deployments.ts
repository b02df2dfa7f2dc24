import { z } from 'zod';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { items, type Workload } from '../../kube/objects.ts';
import { clusterArgs, clusterOf } from '../clusters.ts';
import { listOf, pageArgs } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { labelSelectorArgs, namespaceArgs, problemArgs } from './read/args.ts';
import { judgedPage } from './read/judged-list.ts';
import { problemField } from './read/problems.ts';
import { ageField, ageOf, listHead, notCheckedField } from './read/results.ts';

const deploymentItem = z.object({
  name: z.string(),
  namespace: z.string(),
  desired: z.int().describe('Pods that are wanted.'),
  ready: z.int(),
  updated: z.int().describe('Pods of the newest template.'),
  available: z.int().describe('Ready for as long as is asked for.'),
  paused: z.boolean().describe('Its rollout is paused.'),
  images: z.array(z.string()).describe('Of its containers, in their order.'),
  ...ageField,
  ...problemField,
});

/** `list_deployments` */
export function listDeployments({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'list_deployments',
    toolset: 'kubernetes',
    title: 'List deployments',
    description:
      'Deployments of a cluster with their pods in numbers, their images, and the fault that stands for each now (a ' +
      'rollout that does not end, pods that cannot be created). A crash of their pods is told by list_pods.',
    input: z.strictObject({ ...clusterArgs, ...namespaceArgs, ...labelSelectorArgs, ...problemArgs, ...pageArgs }),
    output: listOf(deploymentItem, notCheckedField),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const now = clock.now();
      const { page, problem, notChecked } = await judgedPage('Deployment', args, { cluster, now, call });
      const deployments = page.items.map((object) => ({ ...itemOf(object, now), ...problem(object) }));
      return { ...page, items: deployments, ...listHead(cluster, now), ...notChecked.fields() };
    },
  });
}

function itemOf(object: KubeObject, now: number): z.infer<typeof deploymentItem> {
  const { metadata, spec, status }: Workload = object;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    desired: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    paused: spec?.paused === true,
    images: items(spec?.template?.spec?.containers).map(({ image }) => image ?? ''),
    age: ageOf(object, now),
  };
}
