import { z } from 'zod';
import { countOf, firstSeenOf, lastSeenOf } from '../../../kube/detect/event-time.ts';
import type { KubeEvent } from '../../../kube/objects.ts';
import { oneLine } from '../../../lib/text.ts';
import { isoTime } from './results.ts';

/** Events of one object that say the same, as one. */
export const eventRow = z.object({
  type: z.string().describe('Normal or Warning.'),
  reason: z.string(),
  message: z.string().describe('Of the newest.'),
  count: z.int().describe('How often it was seen.'),
  first: z.string().optional().describe('ISO 8601 UTC, as last.'),
  last: z.string().optional(),
  object: z.string().describe('What it is about, as Kind/namespace/name: Pod/shop/cart-0.'),
  namespace: z.string().optional(),
  component: z.string().optional().describe('Who says it.'),
});

export type EventRow = z.infer<typeof eventRow>;

/** Of one message, characters. */
const maxMessage = 2000;

/** Events, newest first; those that differ by what is random in their messages are one. `after`: ms, older ones are left out. */
export function eventRows(events: readonly KubeEvent[], after: number | null = null): EventRow[] {
  const recent = events.filter((event) => after === null || (lastSeenOf(event) ?? 0) >= after);
  const groups = Map.groupBy(recent.toSorted(newestFirst), keyOf);
  return [...groups.values()].map((group) => rowOf(group as [KubeEvent, ...KubeEvent[]]));
}

function newestFirst(a: KubeEvent, b: KubeEvent): number {
  return (lastSeenOf(b) ?? 0) - (lastSeenOf(a) ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

function keyOf(event: KubeEvent): string {
  const { involvedObject, type, reason, message } = event;
  const about = [involvedObject?.kind, involvedObject?.namespace, involvedObject?.name, involvedObject?.fieldPath];
  return JSON.stringify([...about, type, reason, componentOf(event), normalised(message ?? '')]);
}

/** What is another one each time: temporary folders, ids, times, the ends of generated names. */
const random: readonly RegExp[] = [
  /\/tmp\/[\w.]*?-?\d+(?=\/|\b)/g,
  /\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b|\b[0-9a-f]{12,}\b/g,
  /\b\d+(?:\.\d+)?(?:ns|[µm]?s|m|h)(?:\d+(?:\.\d+)?(?:ms|s|m))*\b/g,
  /-[bcdfghjklmnpqrstvwxz2456789]{5}(?=["'\s_(),:]|$)/g,
];

/** A message without what is random in it: equal texts say the same. */
export function normalised(message: string): string {
  return random.reduce((text, pattern) => text.replace(pattern, '*'), message);
}

function rowOf(group: readonly [KubeEvent, ...KubeEvent[]]): EventRow {
  const [newest] = group;
  const { involvedObject: about } = newest;
  const first = Math.min(...group.map((event) => firstSeenOf(event) ?? Number.POSITIVE_INFINITY));
  const last = lastSeenOf(newest);
  const component = componentOf(newest);
  return {
    type: newest.type ?? '',
    reason: newest.reason ?? '',
    message: oneLine(newest.message ?? '', maxMessage),
    count: group.reduce((sum, event) => sum + countOf(event), 0),
    ...(Number.isFinite(first) ? { first: isoTime(first) } : {}),
    ...(last === null ? {} : { last: isoTime(last) }),
    object: [about?.kind ?? '', ...(about?.namespace ? [about.namespace] : []), about?.name ?? ''].join('/'),
    ...(about?.namespace ? { namespace: about.namespace } : {}),
    ...(component ? { component } : {}),
  };
}

function componentOf({ reportingComponent, source }: KubeEvent): string | undefined {
  return source?.component || reportingComponent || undefined;
}
