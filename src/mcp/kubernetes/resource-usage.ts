import { z } from 'zod';
import { type ClusterReader, type KubeObject, ReadError } from '../../kube/cluster-reader.ts';
import { items, type NodeObject, type Pod } from '../../kube/objects.ts';
import { clusterArgs, clusterOf } from '../clusters.ts';
import { readFailure } from '../read-failure.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { KubernetesDeps } from './deps.ts';
import { namespaceArgs } from './read/args.ts';
import { added, type Amounts, amounts, podResources, resourcesOnly } from './read/pod-resources.ts';
import { listHead, notCheckedField } from './read/results.ts';
import { listWhole, NotChecked } from './read/whole-list.ts';

const resourceSums = z.object({
  requests: z.number(),
  limits: z.number(),
  allocatable: z.number().optional().describe('Of a node.'),
  usage: z.number().optional().describe('Measured now; not there without the metrics API.'),
});

const usageItem = z.object({
  name: z.string(),
  namespace: z.string().optional().describe('Of a pod.'),
  cpu: resourceSums.describe('Cores.'),
  memory: resourceSums.describe('Bytes.'),
  overcommit: z
    .object({ cpu: z.number(), memory: z.number() })
    .optional()
    .describe('Of a node: limits in parts of what is allocatable; above 1 not all can have what they may.'),
  no_limits: z.int().describe('Containers without a limit of CPU or of memory.'),
});

/** Pods that hold something: those that have ended do not. */
const unended = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed', keep: resourcesOnly };

type UsageItem = z.infer<typeof usageItem>;

/** `get_resource_usage` */
export function getResourceUsage({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'get_resource_usage',
    toolset: 'kubernetes',
    title: 'Requests, limits and usage',
    description:
      'What nodes, namespaces or pods ask for and may use of CPU and memory, and what they do use where the metrics API ' +
      'is there; the largest first. Use it for out-of-memory kills, evictions and pods that fit on no node.',
    input: z.strictObject({
      ...clusterArgs,
      by: z.enum(['node', 'namespace', 'pod']).describe('What is added up; node takes no namespace.'),
      ...namespaceArgs,
      top: z.int().min(1).max(500).default(20).describe('So many of the largest.'),
    }),
    output: z.object({
      items: z.array(usageItem),
      total: z.int().describe('All that there are.'),
      truncated: z.boolean().describe('There is more than is shown.'),
      usage: z.enum(['measured']).nullable().describe('Null: nobody measures; usage_reason says why.'),
      usage_reason: z.string().optional(),
      ...notCheckedField,
      as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
      source: z.string(),
    }),
    async run(args, call) {
      refuseNamespaceOfNode(args);
      const cluster = clusterOf(args, clusters, call);
      const { reader } = cluster;
      const { signal } = call;
      const notChecked = new NotChecked();
      const inNamespace = args.namespace === undefined ? {} : { namespace: args.namespace };
      const pods = await listWhole(reader, ['v1', 'Pod'], { ...inNamespace, ...unended }, signal);
      if (!pods.whole) notChecked.add(`only the first ${pods.items.length} pods were added up`);
      const nodes = args.by === 'node' ? await listWhole(reader, ['v1', 'Node'], {}, signal) : null;
      const measured = await usageOf(reader, args.by, inNamespace, signal);
      const all = sums(pods.items, args.by, nodes?.items ?? [], measured.usage);
      return {
        items: all.slice(0, args.top),
        total: all.length,
        truncated: all.length > args.top,
        usage: measured.reason === undefined ? ('measured' as const) : null,
        ...(measured.reason === undefined ? {} : { usage_reason: measured.reason }),
        ...notChecked.fields(),
        ...listHead(cluster, clock.now()),
      };
    },
  });
}

/** What is allocatable and used of a node is for the pods of all namespaces. @throws ToolError `invalid_argument` */
function refuseNamespaceOfNode({ by, namespace }: { readonly by: By; readonly namespace?: string | undefined }): void {
  if (by !== 'node' || namespace === undefined) return;
  const message = 'namespace cannot be used with by: node: a node is shared by the pods of all namespaces';
  const fix = 'Leave namespace out, or ask with by: pod or by: namespace.';
  throw new ToolError('invalid_argument', message, fix);
}

type By = 'node' | 'namespace' | 'pod';

/** Usage by the key of a line. */
type Usage = ReadonlyMap<string, Amounts>;

/** The largest first. */
function sums(pods: readonly Pod[], by: By, nodes: readonly KubeObject[], usage: Usage): UsageItem[] {
  const groups = Map.groupBy(pods, (pod) => keyOf(pod, by));
  const given = new Map(nodes.map((node) => [node.metadata.name, amounts((node as NodeObject).status?.allocatable)]));
  // A pod without a node counts for no node.
  const keys = by === 'node' ? [...given.keys()] : [...groups.keys()];
  const all = keys.map((key) =>
    itemOf(key, by, groups.get(key) ?? [], { allocatable: given.get(key), usage: usage.get(key) }),
  );
  return all.sort(largestFirst);
}

function keyOf({ metadata, spec }: Pod, by: By): string {
  if (by === 'node') return spec?.nodeName ?? '';
  const namespace = metadata.namespace ?? '';
  return by === 'namespace' ? namespace : `${namespace}/${metadata.name}`;
}

interface Known {
  readonly allocatable: Amounts | undefined;
  readonly usage: Amounts | undefined;
}

function itemOf(key: string, by: By, pods: readonly Pod[], { allocatable, usage }: Known): UsageItem {
  const all = pods.map(podResources);
  const sum = (which: 'requests' | 'limits'): Amounts => all.reduce<Amounts>((so, one) => added(so, one[which]), {});
  const [requests, limits] = [sum('requests'), sum('limits')];
  const part = (name: 'cpu' | 'memory'): z.infer<typeof resourceSums> => ({
    requests: rounded(name, requests[name] ?? 0),
    limits: rounded(name, limits[name] ?? 0),
    ...(allocatable?.[name] === undefined ? {} : { allocatable: rounded(name, allocatable[name]) }),
    ...(usage?.[name] === undefined ? {} : { usage: rounded(name, usage[name]) }),
  });
  const [cpu, memory] = [part('cpu'), part('memory')];
  const [namespace = '', name = ''] = key.split('/');
  return {
    ...(by === 'pod' ? { name, namespace } : { name: key }),
    cpu,
    memory,
    ...(by === 'node' ? { overcommit: { cpu: ratio(cpu), memory: ratio(memory) } } : {}),
    no_limits: all.reduce((count, { unlimited }) => count + unlimited, 0),
  };
}

function ratio({ limits, allocatable = 0 }: z.infer<typeof resourceSums>): number {
  return allocatable === 0 ? 0 : Math.round((limits / allocatable) * 100) / 100;
}

/** Cores to a thousandth, bytes whole. */
function rounded(name: 'cpu' | 'memory', value: number): number {
  return name === 'cpu' ? Math.round(value * 1000) / 1000 : Math.round(value);
}

/** By what is used where that is known, else by what is asked for. */
function largestFirst(a: UsageItem, b: UsageItem): number {
  const weight = ({ memory }: UsageItem): number => memory.usage ?? memory.requests;
  return weight(b) - weight(a) || b.cpu.requests - a.cpu.requests || (a.name < b.name ? -1 : 1);
}

interface Measured {
  readonly usage: Usage;
  /** Why nothing is measured. */
  readonly reason?: string;
}

/** https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/#metrics-api */
async function usageOf(
  reader: ClusterReader,
  by: By,
  inNamespace: { readonly namespace?: string },
  signal: AbortSignal,
): Promise<Measured> {
  const kind = by === 'node' ? 'NodeMetrics' : 'PodMetrics';
  const options = by === 'node' ? {} : inNamespace;
  try {
    const { items: found } = await listWhole(reader, ['metrics.k8s.io/v1beta1', kind], options, signal);
    const usage = new Map<string, Amounts>();
    for (const one of found as readonly Metrics[]) {
      const key = by === 'node' ? one.metadata.name : keyOf(one, by);
      usage.set(key, added(usage.get(key) ?? {}, measuredOf(one)));
    }
    return { usage };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ReadError)) throw error;
    return { usage: new Map(), reason: reasonOf(error) };
  }
}

type Metrics = KubeObject & {
  readonly usage?: unknown;
  readonly containers?: readonly { readonly usage?: unknown }[] | null;
};

/** A node says it as a whole, a pod container by container. */
function measuredOf({ usage, containers }: Metrics): Amounts {
  return items(containers).reduce<Amounts>((sum, one) => added(sum, amounts(one.usage)), amounts(usage));
}

function reasonOf(error: ReadError): string {
  if (error.failure === 'unsupported') return 'the cluster has no metrics API: metrics-server is not installed';
  const { message, fix } = readFailure(error);
  return `the metrics API gives nothing (${message}). ${fix.steps.join(' ')}`;
}
