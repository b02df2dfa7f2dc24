import { present } from '../present.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { countOf, firstSeenOf, lastSeenOf } from '../../kube/detect/event-time.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import { refText, textOf } from './objects/flux-object.ts';

/** Events that say the same of one object. */
export interface EventGroup {
  readonly type: string;
  readonly reason: string;
  /** The newest of them. */
  readonly message: string;
  /** How often it was seen, all events of the group together. */
  readonly count: number;
  readonly first?: string;
  readonly last?: string;
  /** `Kind/namespace/name`. */
  readonly object: string;
  readonly component?: string;
}

/** A folder that is made anew at each attempt, and what Kubernetes puts before a message that stands for several. */
const ofTheAttempt = /\/tmp\/kustomization-\d+\/?|^\(combined from similar events\): /g;
/** Durations as Go writes them: of the same thing they differ each time. */
const duration = /\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:h|m|s|ms|[uµ]s|ns)\b/g;

/** Equal events of equal objects as one, newest first. */
export function groupEvents(events: readonly KubeObject[]): EventGroup[] {
  const newestFirst = [...(events as readonly KubeEvent[])].sort((a, b) => (lastSeenOf(b) ?? 0) - (lastSeenOf(a) ?? 0));
  const groups = Map.groupBy(newestFirst, keyOf);
  return [...groups.values()].map(groupOf);
}

/** A message without what differs from attempt to attempt and says nothing. */
function readable(message: unknown): string {
  return textOf(typeof message === 'string' ? message.replace(ofTheAttempt, '') : '') ?? '';
}

function keyOf(event: KubeEvent): string {
  const alike = readable(event.message).replace(duration, '…');
  return JSON.stringify([objectOf(event), event.type, event.reason, alike, componentOf(event)]);
}

function groupOf(events: readonly KubeEvent[]): EventGroup {
  const [newest] = events;
  const firsts = events.map(firstSeenOf).filter((time) => time !== null);
  const lasts = events.map(lastSeenOf).filter((time) => time !== null);
  return present({
    type: textOf(newest?.type) ?? 'Normal',
    reason: textOf(newest?.reason) ?? '',
    message: readable(newest?.message),
    count: events.reduce((sum, event) => sum + countOf(event), 0),
    first: firsts.length === 0 ? undefined : new Date(Math.min(...firsts)).toISOString(),
    last: lasts.length === 0 ? undefined : new Date(Math.max(...lasts)).toISOString(),
    object: newest === undefined ? '' : objectOf(newest),
    component: newest === undefined ? undefined : componentOf(newest),
  });
}

function objectOf({ involvedObject: about }: KubeEvent): string {
  return refText({
    kind: textOf(about?.kind) ?? '',
    namespace: textOf(about?.namespace) ?? '',
    name: textOf(about?.name) ?? '',
  });
}

function componentOf({ source, reportingComponent }: KubeEvent): string | undefined {
  return textOf(source?.component) ?? textOf(reportingComponent);
}
