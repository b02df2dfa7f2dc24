import { z } from 'zod';
import { type LogOptions, ReadError } from '../../kube/cluster-reader.ts';
import { conditionOf, items, type Pod, timeOf } from '../../kube/objects.ts';
import { durationPattern, parseDuration } from '../../lib/format.ts';
import { listed } from '../../lib/text.ts';
import { clusterOrNodeArgs, type ToolCluster } from '../clusters.ts';
import { newestLines } from '../kubernetes/read/log-lines.ts';
import { define, type Tool, type ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { type LogFilter, logLevels, type ParsedLog, parseLog } from './log-lines.ts';
import { type FluxCall, type FluxDeps, openFlux } from './objects/flux-reader.ts';

const components = [
  'kustomize-controller',
  'source-controller',
  'helm-controller',
  'notification-controller',
  'image-reflector-controller',
  'image-automation-controller',
  'source-watcher',
] as const;

/** Where Flux is unless somebody has put it elsewhere. */
const usualNamespace = 'flux-system';
/** Lines that are read to find those that a filter lets pass. */
const searchedLines = 5000;
/** Bytes of a log that are taken; kubelets cut what is over it at its end. */
const maxBytes = 8 * 1024 * 1024;
/** Pods of a controller that are read: one does the work, more stand by, and old ones go. */
const maxPods = 3;

const item = z.object({
  ts: z.string().optional(),
  level: z.string().optional(),
  msg: z.string(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  revision: z.string().optional(),
  error: z.string().optional(),
});

const input = z.strictObject({
  ...clusterOrNodeArgs,
  component: z.enum(components).default('kustomize-controller').describe('The controller of Flux.'),
  tail: z.int().min(1).max(2000).default(50).describe('So many lines at most, the newest.'),
  level: z.enum(logLevels).optional().describe('Only lines of this level and more serious ones.'),
  name: z.string().min(1).max(253).optional().describe('Only lines about the object of this name.'),
  namespace: z.string().min(1).max(63).optional().describe('Only lines about objects of this namespace.'),
  since: z.string().regex(durationPattern).optional().describe('Only lines of the last so long: 10m, 2h.'),
  container: z.string().min(1).max(63).default('manager').describe('Container of the pod.'),
});
type Args = z.output<typeof input>;

/** `get_flux_logs`. */
export function getLogs(deps: FluxDeps): Tool {
  return define({
    name: 'get_flux_logs',
    toolset: 'flux',
    title: 'Logs of Flux',
    description: `Reads the log of a controller of Flux as fields (level, message, object, error), newest ${searchedLines} lines searched when filtered. Use it for what a Kustomization or source does not say in its conditions; name and namespace are those of the object, not of the controller.`,
    rate: 'logs',
    cut: { list: 'items', from: 'start' },
    input,
    output: z.object({
      namespace: z.string().describe('Of the controller.'),
      pod: z.string(),
      other_pods: z
        .array(z.string())
        .optional()
        .describe('Further pods of the controller whose lines are among these.'),
      container: z.string(),
      items: z.array(item).describe('Oldest first.'),
      raw_lines: z.array(z.string()).describe('Lines that are no JSON, such as a panic; filters do not apply to them.'),
      truncated: z.boolean().describe('There are more, older lines than these.'),
      truncated_reason: z.string().optional(),
      as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
      source: z.string().describe('Where it is from.'),
    }),
    run: async (args, call) => {
      const opened = openFlux(args, deps, call);
      const [first, ...others] = await podsOf(args.component, opened, call);
      const logs = await Promise.all([first, ...others].map((pod) => logOf(pod, args, opened, call)));
      const found = logs.filter((log) => log !== null);
      if (found.length === 0) throw noLog(first, args, opened);
      const log = mergedLog(found);
      return {
        namespace: first.metadata.namespace ?? '',
        pod: first.metadata.name,
        ...(others.length === 0 ? {} : { other_pods: others.map(({ metadata }) => metadata.name) }),
        container: args.container,
        items: log.lines.slice(-args.tail),
        raw_lines: log.raw.slice(-args.tail),
        ...cutOf(log, args),
        ...opened.told,
      };
    },
  });
}

/** The pods of a controller, the one that works first. @throws ReadError, ToolError `not_installed`, `not_found` */
async function podsOf(component: string, { cluster, flux }: FluxCall, call: ToolCall): Promise<[Pod, ...Pod[]]> {
  const labelSelector = `app=${component}`;
  const usual = await cluster.reader.list('v1', 'Pod', { namespace: usualNamespace, labelSelector }, call.signal);
  const found = usual.items.length > 0 ? usual.items : await podsAnywhere(labelSelector, cluster, call);
  const [first, ...others] = byUse(found);
  if (first !== undefined) return [first, ...others];
  // Throws when there is no Flux at all.
  if ((await flux.serves('Kustomization')) === false) await flux.list('Kustomization', { limit: 1 });
  throw new ToolError('not_found', `no pod of ${component} is in the cluster ${cluster.name}`, {
    command: flux.kubectl('-n', usualNamespace, 'get', 'deployments'),
    steps: ['The component is not installed, is scaled to zero, or its pods cannot be made: look at its Deployment.'],
  });
}

/** A credential for some namespaces may not look at all of them. */
async function podsAnywhere(labelSelector: string, { reader }: ToolCluster, call: ToolCall): Promise<readonly Pod[]> {
  try {
    return (await reader.list('v1', 'Pod', { labelSelector }, call.signal)).items;
  } catch (error) {
    if (error instanceof ReadError && error.failure === 'forbidden') return [];
    throw error;
  }
}

/** Of one namespace; ready ones before others, young ones before old ones. */
function byUse(pods: readonly Pod[]): Pod[] {
  const namespace = pods[0]?.metadata.namespace;
  const rank = (pod: Pod): number => (conditionOf(pod.status?.conditions, 'Ready')?.status === 'True' ? 0 : 1);
  const born = ({ metadata }: Pod): number => timeOf(metadata.creationTimestamp) ?? 0;
  const here = pods.filter(({ metadata }) => metadata.namespace === namespace);
  return here.sort((a, b) => rank(a) - rank(b) || born(b) - born(a)).slice(0, maxPods);
}

interface PodLog extends ParsedLog {
  /** The log is longer than what was read of it. */
  readonly more: boolean;
}

/** The newest lines of a pod; null when it has no such log. */
async function logOf(pod: Pod, args: Args, { cluster, now }: FluxCall, call: ToolCall): Promise<PodLog | null> {
  const sinceMs = args.since === undefined ? null : parseDuration(args.since);
  const filter: LogFilter = {
    level: args.level,
    name: args.name,
    namespace: args.namespace,
    from: sinceMs === null ? undefined : now - sinceMs,
  };
  const filtered = args.level !== undefined || args.name !== undefined || args.namespace !== undefined;
  const { name, namespace = '' } = pod.metadata;
  const read = (tailLines: number, since: Pick<LogOptions, 'sinceSeconds'>): Promise<string | null> => {
    const options = { previous: false, tailLines, limitBytes: maxBytes, ...since };
    return cluster.reader.logs(namespace, name, args.container, options, call.signal);
  };
  const since = sinceMs === null ? {} : { sinceSeconds: Math.max(1, Math.ceil(sinceMs / 1000)) };
  const newest = await newestLines(
    // A reader that knows no times gives all of it, whose lines say when they were written.
    (tail) => read(tail, since).catch(whereUnsupported(() => read(tail, {}))),
    filtered ? searchedLines : args.tail,
    maxBytes,
  );
  if (newest === null) return null;
  const { text, tail } = newest;
  return { ...parseLog(text, filter), more: text.trimEnd().split('\n').length >= tail };
}

function whereUnsupported<T>(otherwise: () => Promise<T>): (error: unknown) => Promise<T> {
  return (error) => {
    if (error instanceof ReadError && error.failure === 'unsupported') return otherwise();
    throw error;
  };
}

/** The lines of several pods by their time. */
function mergedLog(logs: readonly PodLog[]): PodLog {
  const lines = logs.flatMap((log) => log.lines);
  return {
    lines: logs.length < 2 ? lines : lines.sort((a, b) => (timeOf(a.ts) ?? 0) - (timeOf(b.ts) ?? 0)),
    raw: logs.flatMap(({ raw }) => raw),
    more: logs.some(({ more }) => more),
  };
}

function cutOf({ lines, more }: PodLog, { tail }: Args): { truncated: boolean; truncated_reason?: string } {
  if (lines.length > tail) {
    return { truncated: true, truncated_reason: `${lines.length} lines were found; a larger tail shows more` };
  }
  return more
    ? { truncated: true, truncated_reason: 'only the newest lines of the log were read' }
    : { truncated: false };
}

function noLog({ metadata, spec }: Pod, { container, component }: Args, { flux }: FluxCall): ToolError {
  const { name, namespace = '' } = metadata;
  const names = items(spec?.containers).flatMap((one) => one.name ?? []);
  return new ToolError('not_found', `the container ${container} of ${namespace}/${name} has no log`, {
    command: flux.kubectl('-n', namespace, 'describe', 'pod', name),
    steps: [
      names.includes(container)
        ? `It has not started: look at why the pod of ${component} does not run.`
        : `Give one of its containers as container: ${listed(names, 10)}.`,
    ],
  });
}
