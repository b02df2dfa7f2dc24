import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import { clusterArgs, clusterOf, clusterOrNodeArgs } from '../clusters.ts';
import { listOf, pageArgs, pageByKey } from '../page.ts';
import { define, type Tool } from '../tool.ts';
import type { KubernetesDeps } from './deps.ts';
import { namespaceArgs, optionalSince, podArgs } from './read/args.ts';
import { type EventRow, eventRow, eventRows } from './read/event-rows.ts';
import { notFound } from './read/not-found.ts';
import { listHead } from './read/results.ts';
import { listWhole } from './read/whole-list.ts';

/** `get_events` */
export function getEvents({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'get_events',
    toolset: 'kubernetes',
    title: 'Events of a cluster',
    description:
      'Events of a namespace or a whole cluster, newest first, with repeated ones as one. Clusters keep them for an hour ' +
      'or so; what they no longer tell may still be seen on the objects.',
    input: z.strictObject({
      ...clusterOrNodeArgs,
      ...namespaceArgs,
      type: z.enum(['Normal', 'Warning']).optional().describe('Only of this type.'),
      since: optionalSince,
      ...pageArgs,
    }),
    output: listOf(eventRow),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const now = clock.now();
      const options = {
        ...(args.namespace === undefined ? {} : { namespace: args.namespace }),
        ...(args.type === undefined ? {} : { fieldSelector: `type=${args.type}` }),
      };
      const { items, whole } = await listWhole(cluster.reader, ['v1', 'Event'], options, call.signal);
      const rows = eventRows(items, args.since === undefined ? null : now - args.since);
      const cut = whole ? undefined : `only the first ${items.length} events were looked at`;
      return { ...(await pageByKey(rows, keyOf, args, call, cut)), ...listHead(cluster, now) };
    },
  });
}

/** `get_pod_events` */
export function getPodEvents({ clusters, clock }: KubernetesDeps): Tool {
  return define({
    name: 'get_pod_events',
    toolset: 'kubernetes',
    title: 'Events of a pod',
    description:
      'Events about one pod, newest first, with repeated ones as one: why it is not scheduled, what cannot be pulled or ' +
      'mounted, which probes fail. Also of a pod that is gone, as long as the cluster keeps them.',
    input: z.strictObject({ ...clusterArgs, ...podArgs, since: optionalSince }),
    output: listOf(eventRow),
    async run(args, call) {
      const cluster = clusterOf(args, clusters, call);
      const now = clock.now();
      const { namespace, pod } = args;
      const object = await cluster.reader.get('v1', 'Pod', namespace, pod, call.signal);
      const events = await podEvents(cluster.reader, namespace, pod, object?.metadata.uid, call.signal);
      if (object === null && events.length === 0) {
        throw await notFound(cluster.reader, ['v1', 'Pod'], namespace, pod, call.signal);
      }
      const items = eventRows(events, args.since === undefined ? null : now - args.since);
      return { items, truncated: false, ...listHead(cluster, now) };
    },
  });
}

/** Events about a pod; with a uid not those of an earlier one of the same name. @throws ReadError */
export async function podEvents(
  reader: ClusterReader,
  namespace: string,
  pod: string,
  uid: string | undefined,
  signal: AbortSignal,
): Promise<readonly KubeEvent[]> {
  const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${pod}`;
  const { items } = await listWhole(reader, ['v1', 'Event'], { namespace, fieldSelector }, signal);
  return (items as readonly KubeEvent[]).filter(({ involvedObject }) => {
    const about = involvedObject?.uid;
    return !about || uid === undefined || about === uid;
  });
}

/** Newest first, in the order of texts; a page goes on after a key. */
function keyOf({ last, object, namespace = '', reason, message }: EventRow): string {
  const age = String(Number.MAX_SAFE_INTEGER - Date.parse(last ?? '1970-01-01T00:00:00Z'));
  // A message may be longer than a cursor.
  const digest = createHash('sha256').update(message).digest('base64url').slice(0, 16);
  return [age, namespace, object, reason, digest].join(' ');
}
