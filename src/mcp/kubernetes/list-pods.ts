import { z } from 'zod';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { controllerOf, type Pod } from '../../kube/objects.ts';
import { ownerAbove } from '../../kube/owner.ts';
import { clusterOf, clusterOrNodeArgs } from '../clusters.ts';
import { listOf, pageArgs } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { fieldSelectorArgs, labelSelectorArgs, namespaceArgs, problemArgs } from './read/args.ts';
import { judgedPage } from './read/judged-list.ts';
import { podColumns } from './read/pod-status.ts';
import { problemField } from './read/problems.ts';
import { ageField, ageOf, isoTime, listHead, notCheckedField } from './read/results.ts';

const podItem = z.object({
  name: z.string(),
  namespace: z.string(),
  phase: z.string().describe('Pending, Running, Succeeded, Failed or Unknown.'),
  status: z.string().describe("kubectl's STATUS column: CrashLoopBackOff, Init:0/1, Completed, Terminating …"),
  ready: z.string().describe('Ready containers of all, such as 1/2.'),
  restarts: z.int(),
  last_restart: z.string().optional().describe('When the run before the newest restart ended, ISO 8601 UTC.'),
  node: z.string().optional().describe('Not there while the pod has no node.'),
  ...ageField,
  owner: z.string().optional().describe('What it belongs to, as names and labels tell: Deployment/cart.'),
  ...problemField,
});

/** `list_pods`, also as `get_pods`. */
export function listPods({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'list_pods',
    aliases: ['get_pods'],
    toolset: 'kubernetes',
    title: 'List pods',
    description:
      'Pods of a cluster as kubectl lists them, each with its owner and the fault that stands for it now. Use it to see ' +
      'what runs, and with problem_only what does not; describe_pod and get_pod_logs tell more of one.',
    input: z.strictObject({
      ...clusterOrNodeArgs,
      ...namespaceArgs,
      ...labelSelectorArgs,
      ...fieldSelectorArgs,
      ...problemArgs,
      ...pageArgs,
    }),
    output: listOf(podItem, notCheckedField),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const now = clock.now();
      const { page, problem, notChecked } = await judgedPage('Pod', args, { cluster, now, call });
      const items = page.items.map((pod) => ({ ...itemOf(pod, now), ...problem(pod) }));
      return { ...page, items, ...listHead(cluster, now), ...notChecked.fields() };
    },
  });
}

function itemOf(object: KubeObject, now: number): z.infer<typeof podItem> {
  const pod: Pod = object;
  const { lastRestart, ...columns } = podColumns(pod);
  const node = pod.spec?.nodeName;
  const owner = ownerText(pod);
  return {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    phase: pod.status?.phase ?? 'Unknown',
    ...columns,
    ...(columns.restarts === 0 || lastRestart === null ? {} : { last_restart: isoTime(lastRestart) }),
    ...(node ? { node } : {}),
    age: ageOf(pod, now),
    ...(owner === null ? {} : { owner }),
  };
}

/** What a pod belongs to in the end, without asking anybody: its controller, and what that is made by. */
function ownerText(pod: Pod): string | null {
  const controller = controllerOf(pod);
  if (controller === undefined) return null;
  const namespace = pod.metadata.namespace ?? null;
  const { kind, name } = ownerAbove({ kind: controller.kind, name: controller.name, namespace }, pod);
  return `${kind}/${name}`;
}
