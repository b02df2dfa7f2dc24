import { z } from 'zod';
import { ReadError } from '../../kube/cluster-reader.ts';
import type { Pod } from '../../kube/objects.ts';
import { clusterOf, clusterOrNodeArgs } from '../clusters.ts';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { KubernetesDeps } from './deps.ts';
import { containerName, podArgs } from './read/args.ts';
import { containersOf } from './read/containers.ts';
import { type LogAsked, readLog } from './read/log-lines.ts';
import { notFound } from './read/not-found.ts';
import { listHead } from './read/results.ts';

const containerLog = z.object({
  container: z.string(),
  kind: z.enum(['container', 'init', 'sidecar', 'ephemeral']),
  lines: z.array(z.string()).describe('Oldest first.'),
  truncated: z.boolean().describe('The log has more than these lines in what was asked for.'),
  truncated_reason: z.string().optional(),
  matched: z.int().optional().describe('With grep: lines that hold the text, of those that were looked at.'),
  binary: z.boolean().optional().describe('Much of it is no text; what is none is shown as a replacement character.'),
  no_log: z.string().optional().describe('Why there is none.'),
});

type ContainerLog = z.infer<typeof containerLog>;

const input = z.strictObject({
  ...clusterOrNodeArgs,
  ...podArgs,
  container: containerName.optional().describe('Only of this container; all of the pod without it.'),
  tail: z.int().min(1).max(5000).default(100).describe('The last so many lines of each container.'),
  previous: z.boolean().default(false).describe('Of the run before the newest restart: why it crashed.'),
  since_seconds: z.int().min(1).max(604_800).optional().describe('Only what was written in so many seconds until now.'),
  grep: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe(
      'Only lines that hold this text as it stands, of the last tail lines; no expression. Secrets are taken out before.',
    ),
});

/** `get_pod_logs` */
export function getPodLogs({ clusters, clock, redact }: KubernetesDeps): Tool {
  return define({
    name: 'get_pod_logs',
    toolset: 'kubernetes',
    title: 'Logs of a pod',
    description:
      'The last lines that each container of a pod has written, oldest first; with previous those of the run that ended ' +
      'before the newest restart. A container without a log says why.',
    rate: 'logs',
    input,
    output: z.object({
      namespace: z.string(),
      pod: z.string(),
      containers: z.array(containerLog),
      as_of: z.string().describe('When it was read, ISO 8601 UTC.'),
      source: z.string(),
    }),
    cut: { list: 'lines', from: 'start' },
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const { reader } = cluster;
      const { namespace, pod: name } = args;
      const pod: Pod | null = await reader.get('v1', 'Pod', namespace, name, call.signal);
      if (pod === null) throw await notFound(reader, ['v1', 'Pod'], namespace, name, call.signal);
      const containers: ContainerLog[] = [];
      const read = (place: Place) => readLog(reader, place, args, redact, call.signal).catch(refuseSince(args));
      for (const container of chosen(pod, args.container)) {
        call.progress(`reading the log of ${container.name}`);
        containers.push(await logOf(pod, container, args, read));
      }
      return { namespace, pod: name, containers, ...listHead(cluster, clock.now()) };
    },
  });
}

/** Not every reader knows when a line was written. */
function refuseSince({ since_seconds: since }: z.infer<typeof input>): (error: unknown) => never {
  return (error) => {
    if (since === undefined || !(error instanceof ReadError) || error.failure !== 'unsupported') throw error;
    const message = `since_seconds cannot be used for this cluster: ${error.message}`;
    throw new ToolError('invalid_argument', message, 'Ask with tail instead.', { cause: error });
  };
}

type Container = ReturnType<typeof containersOf>[number];

/** @throws ToolError `not_found` for a container that the pod does not have */
function chosen(pod: Pod, name: string | undefined): readonly Container[] {
  const all = containersOf(pod);
  if (name === undefined) return all;
  const found = all.filter((container) => container.name === name);
  if (found.length > 0) return found;
  const names = all.map((container) => container.name).join(', ');
  throw new ToolError('not_found', `pod ${pod.metadata.name} has no container ${name}`, {
    steps: [`Its containers are: ${names}.`],
  });
}

type Place = Parameters<typeof readLog>[1];

async function logOf(
  pod: Pod,
  container: Container,
  asked: LogAsked,
  read: (place: Place) => ReturnType<typeof readLog>,
): Promise<ContainerLog> {
  const { name, kind } = container;
  const log = await read({ namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: name });
  const none = { container: name, kind, lines: [], truncated: false };
  if (log === null) return { ...none, no_log: noLogReason(pod, container, asked) };
  const { seen, ...shown } = log;
  if (seen > 0) return { container: name, kind, ...shown };
  return {
    ...none,
    no_log: asked.since_seconds === undefined ? 'it has written nothing' : 'it has written nothing since',
  };
}

/** Why a container has no log, from what its pod says. */
function noLogReason(
  pod: Pod,
  { state, restarts, last_state: last }: Container,
  { previous }: { readonly previous: boolean },
): string {
  if (previous) {
    if (restarts === 0 && last === undefined) return 'it has not restarted: there is no run before this one';
    return 'the log of the run before is gone: its node keeps it no more';
  }
  if (!pod.spec?.nodeName) return 'the pod has no node yet, so it has not started';
  if (state.state === 'waiting') {
    const why = [state.reason, state.message].filter((text) => text !== undefined).join(': ');
    return `it waits to start${why === '' ? '' : ` (${why})`}`;
  }
  if (state.state === 'unknown') return 'its node has not said anything of it yet';
  return 'its node has no log of it';
}
