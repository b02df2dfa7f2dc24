import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import { type EventRow, eventRows } from '../kubernetes/read/event-rows.ts';
import { textOf } from './objects/flux-object.ts';

/** Events that say the same of one object. */
export type EventGroup = Omit<EventRow, 'namespace'>;

/** A folder that is made anew at each attempt, and what Kubernetes puts before a message that stands for several. */
const ofTheAttempt = /\/tmp\/kustomization-\d+\/?|^\(combined from similar events\): /g;

/** Equal events of equal objects as one, newest first, without credentials. */
export function groupEvents(events: readonly KubeObject[]): EventGroup[] {
  return eventRows(events.map(readable)).map((group) => {
    const { namespace: _, ...row } = group;
    return row;
  });
}

/** An event without what differs from attempt to attempt and says nothing. */
function readable(object: KubeObject): KubeEvent {
  const event = object as KubeEvent;
  const { message, type } = event;
  const shown = textOf(typeof message === 'string' ? message.replace(ofTheAttempt, '') : '') ?? '';
  return { ...event, type: type || 'Normal', message: shown };
}
