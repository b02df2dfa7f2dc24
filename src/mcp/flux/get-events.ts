import { z } from 'zod';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { lastSeenOf } from '../../kube/detect/event-time.ts';
import { groupOf } from '../../kube/kinds.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import { durationPattern, parseDuration } from '../../lib/format.ts';
import { clusterOrNodeArgs } from '../clusters.ts';
import { objectName } from '../kubernetes/read/args.ts';
import { listOf, pageArgs, pageByKey } from '../page.ts';
import { define, type Tool, type ToolCall } from '../tool.ts';
import { type EventGroup, groupEvents } from './event-groups.ts';
import { type FluxRef, sourceOf } from './objects/flux-object.ts';
import { type FluxCall, type FluxDeps, openFlux } from './objects/flux-reader.ts';
import { oneNamespaceArg } from './objects/args.ts';

const item = z.object({
  type: z.string().describe('Normal or Warning. A dependency that is not ready is Normal.'),
  reason: z.string(),
  message: z.string().describe('The newest of those that say the same.'),
  count: z.int().describe('How often it was seen.'),
  first: z.string().optional().describe('ISO 8601 UTC.'),
  last: z.string().optional().describe('ISO 8601 UTC.'),
  object: z.string().describe('Kind/namespace/name.'),
  component: z.string().optional(),
});

const input = z.strictObject({
  ...clusterOrNodeArgs,
  name: objectName.describe('Name of the Kustomization.'),
  namespace: oneNamespaceArg.describe('Of the Kustomization.'),
  include_source: z.boolean().default(true).describe('Also those of the source that it applies.'),
  types: z
    .array(z.enum(['Normal', 'Warning']))
    .min(1)
    .optional()
    .describe('Both by default: what waits for a dependency says so in a Normal event.'),
  since: z.string().regex(durationPattern).optional().describe('Only what was seen in the last so long: 10m, 2h.'),
  ...pageArgs,
});
type Args = z.output<typeof input>;

/** `get_kustomization_events`. */
export function getKustomizationEvents(deps: FluxDeps): Tool {
  return define({
    name: 'get_kustomization_events',
    toolset: 'flux',
    title: 'Events of a Kustomization',
    description:
      'Gives the events of a Flux Kustomization and of its source, equal ones together with their count, newest first. Use it for what has happened over time; Kubernetes keeps events for about an hour.',
    input,
    output: listOf(item),
    run: async (args, call) => {
      const opened = openFlux(args, deps, call);
      const { items, truncated } = await eventsOf(args, opened, call);
      const cut = truncated ? 'the cluster gave only a part of its events' : undefined;
      const page = await pageByKey(groupEvents(items), keyOf, args, call, cut);
      return { ...page, ...opened.told };
    },
  });
}

/** Newest first, in the order of texts. */
function keyOf({ last, object, type, reason, message, component = '' }: EventGroup): string {
  const age = String(Number.MAX_SAFE_INTEGER - Date.parse(last ?? '1970-01-01T00:00:00Z'));
  return [age, object, type, reason, component, message].join(' ');
}

interface Events {
  readonly items: readonly KubeObject[];
  readonly truncated: boolean;
}

async function eventsOf(args: Args, opened: FluxCall, call: ToolCall): Promise<Events> {
  const { flux } = opened;
  const { name, namespace } = args;
  const own = await eventsAbout({ kind: 'Kustomization', namespace, name }, args, opened, call);
  // Of one that was deleted there may be events still.
  const object =
    own.items.length > 0
      ? await flux.get('Kustomization', namespace, name)
      : await flux.require('Kustomization', namespace, name);
  const about = object === null ? null : sourceOf(object);
  if (!args.include_source || about === null) return own;
  const source = await eventsAbout(about, args, opened, call);
  return { items: [...own.items, ...source.items], truncated: own.truncated || source.truncated };
}

/** Readers that cannot select by field give all events of the namespace. */
async function eventsAbout(about: FluxRef, args: Args, { cluster, now }: FluxCall, call: ToolCall): Promise<Events> {
  const { kind, namespace, name } = about;
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const { items, truncated } = await cluster.reader.list('v1', 'Event', { namespace, fieldSelector }, call.signal);
  const sinceMs = args.since === undefined ? null : parseDuration(args.since);
  const fits = (event: KubeEvent): boolean => {
    const object = event.involvedObject;
    if (object?.kind !== kind || object.name !== name || !isFlux(object.apiVersion)) return false;
    if (args.types !== undefined && !args.types.some((type) => type === event.type)) return false;
    return sinceMs === null || (lastSeenOf(event) ?? now) >= now - sinceMs;
  };
  return { items: items.filter((event) => fits(event as KubeEvent)), truncated };
}

/** Other kinds are called Kustomization and Bucket, too. */
function isFlux(apiVersion: string | null | undefined): boolean {
  return groupOf(apiVersion ?? '').endsWith('.toolkit.fluxcd.io');
}
