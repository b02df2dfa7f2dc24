import { z } from 'zod';
import { forCluster } from '../../domain/decide/kubectl-access.ts';
import { type KubeObject, ReadError } from '../../kube/cluster-reader.ts';
import { conditionOf, items, type NodeObject, type Pod } from '../../kube/objects.ts';
import { type ToolCluster, clusterArgs, clusterOf } from '../clusters.ts';
import { listOf, pageArgs } from '../page.ts';
import { define, type Tool, type ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { KubernetesDeps } from './deps.ts';
import { objectName } from './read/args.ts';
import { type JudgedPage, judgedPage } from './read/judged-list.ts';
import { notFound } from './read/not-found.ts';
import { added, type Amounts, podResources, resourcesOnly } from './read/pod-resources.ts';
import { problemField, problemsOf } from './read/problems.ts';
import { ageField, ageOf, conditionItem, conditionsOf, listHead, notCheckedField, textsOf } from './read/results.ts';
import { placeOfObject } from './read/surroundings.ts';
import { NotChecked, type ReadList } from './read/whole-list.ts';

const resources = z.record(z.string(), z.string());

const nodeItem = z.object({
  name: z.string(),
  ready: z.boolean(),
  conditions: z.array(conditionItem),
  taints: z.array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })),
  cordoned: z.boolean().describe('No new pods are put on it.'),
  capacity: resources.describe('As the node says: {"cpu": "8", "memory": "16Gi", "pods": "110"}.'),
  allocatable: resources.describe('What of it pods can have.'),
  requested: z
    .object({ cpu_cores: z.number(), memory_bytes: z.int() })
    .optional()
    .describe('What its pods have asked for; not there when pods cannot be listed.'),
  pods: z.int().optional().describe('Pods on it that have not ended.'),
  version: z.string().describe('Of its kubelet.'),
  ...ageField,
  ...problemField,
});

type NodeItem = z.infer<typeof nodeItem>;

/** `get_node_status` */
export function getNodeStatus({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'get_node_status',
    toolset: 'kubernetes',
    title: 'Status of nodes',
    description:
      'Nodes of a cluster: ready or not, conditions, taints, whether cordoned, and what their pods have asked for of what ' +
      'they can give. Use it when pods cannot be scheduled, are evicted, or a node is not ready.',
    input: z.strictObject({
      ...clusterArgs,
      node: objectName.optional().describe('Only this Kubernetes node; all without it.'),
      ...pageArgs,
    }),
    output: listOf(nodeItem, notCheckedField),
    async run(args, call) {
      // The node is one of the cluster's own, not the way to it.
      const cluster = clusterOf({ cluster: args.cluster }, clusters, call);
      const now = clock.now();
      const { page, problem, notChecked } = await nodesOf(cluster, args, now, call).catch((error: unknown) =>
        mayNot(error, cluster),
      );
      const pods = await podsOn(cluster, args.node, notChecked, call);
      const nodes = page.items.map((node) => ({ ...itemOf(node, now), ...pods(node), ...problem(node) }));
      return { ...page, items: nodes, ...listHead(cluster, now), ...notChecked.fields() };
    },
  });
}

interface Asked {
  readonly node?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

async function nodesOf(cluster: ToolCluster, asked: Asked, now: number, call: ToolCall): Promise<JudgedPage> {
  if (asked.node === undefined) return judgedPage('Node', asked, { cluster, now, call });
  const { reader } = cluster;
  const node = await reader.get('v1', 'Node', null, asked.node, call.signal);
  if (node === null) throw await notFound(reader, ['v1', 'Node'], null, asked.node, call.signal);
  const notChecked = new NotChecked();
  const scope = { reader, namespaces: null, whole: false, now, notChecked };
  const problem = (await problemsOf('Node', [node], scope, call.signal)).get(placeOfObject(node));
  const page = { items: [node], truncated: false };
  return { page, problem: () => (problem === undefined ? {} : { problem }), notChecked };
}

/** What a credential needs for this tool: the role `view` of Kubernetes has no nodes. */
const clusterRole =
  '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: nightcrier-nodes}, rules: ' +
  '[{apiGroups: [""], resources: [nodes], verbs: [get, list, watch]}]}';

const bind =
  'kubectl create clusterrolebinding nightcrier-nodes --clusterrole=nightcrier-nodes --serviceaccount=NAMESPACE:NAME';

function mayNot(error: unknown, { kubectl }: ToolCluster): never {
  if (!(error instanceof ReadError) || error.failure !== 'forbidden') throw error;
  const steps = [
    `Apply this ClusterRole: ${clusterRole}`,
    `Bind it to the user of the credential that the message names: ${forCluster(bind, kubectl)}`,
  ];
  throw new ToolError('forbidden', error.message, { steps }, { cause: error });
}

function itemOf(object: KubeObject, now: number): NodeItem {
  const node: NodeObject = object;
  const { spec, status } = node;
  return {
    name: node.metadata.name,
    ready: conditionOf(status?.conditions, 'Ready')?.status === 'True',
    conditions: conditionsOf(status?.conditions),
    taints: items(spec?.taints).map(({ key, value, effect }) => ({
      key: key ?? '',
      ...(value ? { value } : {}),
      effect: effect ?? '',
    })),
    cordoned: spec?.unschedulable === true,
    capacity: textsOf(status?.capacity),
    allocatable: textsOf(status?.allocatable),
    version: status?.nodeInfo?.kubeletVersion ?? '',
    age: ageOf(node, now),
  };
}

/** What the pods of each node ask for, as `kubectl describe node` counts: pods that have ended hold nothing. */
async function podsOn(
  { reader }: ToolCluster,
  node: string | undefined,
  notChecked: NotChecked,
  { signal }: ToolCall,
): Promise<(node: KubeObject) => Pick<NodeItem, 'pods' | 'requested'>> {
  const unended = 'status.phase!=Succeeded,status.phase!=Failed';
  const fieldSelector = node === undefined ? unended : `${unended},spec.nodeName=${node}`;
  const options = { fieldSelector, keep: resourcesOnly };
  const list: ReadList | null = await notChecked.list(reader, ['v1', 'Pod'], options, signal);
  if (list === null) return () => ({});
  const byNode = Map.groupBy(list.items as readonly Pod[], ({ spec }) => spec?.nodeName ?? '');
  return ({ metadata }) => {
    const pods = byNode.get(metadata.name) ?? [];
    const sum = pods.reduce<Amounts>((all, pod) => added(all, podResources(pod).requests), {});
    return {
      pods: pods.length,
      requested: { cpu_cores: cores(sum['cpu']), memory_bytes: Math.round(sum['memory'] ?? 0) },
    };
  };
}

/** To a thousandth, so that sums of many small parts stay readable. */
function cores(value = 0): number {
  return Math.round(value * 1000) / 1000;
}
