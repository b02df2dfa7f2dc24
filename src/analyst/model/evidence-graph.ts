import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { listAt, numberAt, textAt, timeAt } from './fields.ts';

/** What the evidence holds, in a fixed order whatever the order in which it was read. Rules see the cluster only through it. */
export interface EvidenceGraph {
  /** The newest time in the evidence, ms since the epoch: *now* for every rule. */
  readonly now: number;
  readonly logs: readonly LogFile[];
  readonly events: readonly ClusterEvent[];
  /** The kinds of which there are objects, custom ones too. */
  readonly kinds: readonly string[];
  get(kind: string, namespace: string | null, name: string): KubeObject | null;
  /** Objects of a kind, in one namespace or everywhere. */
  all(kind: string, namespace?: string | null): readonly KubeObject[];
  /** The proof that an object does not exist: it was asked for and not found, or a complete list lacks it. */
  absent(kind: string, namespace: string | null, name: string): EvidenceRef | null;
  eventsOf(entity: Entity): readonly ClusterEvent[];
  logsOf(namespace: string, pod: string): readonly LogFile[];
  /** A quote that stands literally in the file at `path`; null when `wanted` is not in it. */
  ref(path: string, wanted: string): EvidenceRef | null;
  /** The same in the file of an object. */
  refIn(entity: Entity, wanted: string): EvidenceRef | null;
  /** The message of an event; null where there is none. */
  eventRef(event: ClusterEvent | undefined): EvidenceRef | null;
  /** The line `"key": value` of an object's file. */
  fieldRef(object: KubeObject, key: string, value: unknown): EvidenceRef | null;
}

/** An event of the cluster; its time in ms since the epoch. */
export interface ClusterEvent {
  readonly path: string;
  readonly kind: string;
  readonly apiVersion: string;
  readonly objectNamespace: string;
  readonly name: string;
  readonly reason: string;
  readonly message: string;
  readonly warning: boolean;
  readonly lastAt: number | null;
  /** How often it happened, 1 where it does not say. */
  readonly count: number;
}

/** The events of one file of `evidence/events/`, oldest first. */
export function readEvents(path: string, items: Iterable<unknown>): readonly ClusterEvent[] {
  return [...items]
    .map((item) => readEvent(path, item))
    .sort((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0) || compareText(key(a), key(b)));
}

/** Events of the scheduler have only `eventTime` and `series`, those of others two timestamps. */
function readEvent(path: string, item: unknown): ClusterEvent {
  const eventTime = timeAt(item, 'eventTime') ?? timeAt(item, 'metadata', 'creationTimestamp');
  return {
    path,
    kind: textAt(item, 'involvedObject', 'kind'),
    apiVersion: textAt(item, 'involvedObject', 'apiVersion'),
    objectNamespace: textAt(item, 'involvedObject', 'namespace'),
    name: textAt(item, 'involvedObject', 'name'),
    reason: textAt(item, 'reason'),
    message: textAt(item, 'message'),
    warning: textAt(item, 'type') === 'Warning',
    count: numberAt(item, 'series', 'count') ?? numberAt(item, 'count') ?? 1,
    lastAt: timeAt(item, 'series', 'lastObservedTime') ?? timeAt(item, 'lastTimestamp') ?? eventTime,
  };
}

const key = (event: ClusterEvent): string => `${event.kind}/${event.name}/${event.reason}/${event.message}`;

/** Code unit order: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The newest time that the evidence holds, ms since the epoch; 0 when it holds none. */
export function newestTime(
  objects: readonly KubeObject[],
  events: readonly ClusterEvent[],
  logs: readonly LogFile[],
): number {
  let newest = 0;
  const see = (ms: number | null): void => {
    if (ms !== null && ms > newest) newest = ms;
  };
  for (const event of events) see(event.lastAt);
  for (const object of objects) {
    see(timeAt(object, 'metadata', 'creationTimestamp'));
    for (const condition of listAt(object, 'status', 'conditions')) {
      see(timeAt(condition, 'lastTransitionTime'));
      see(timeAt(condition, 'lastHeartbeatTime'));
    }
    for (const status of listAt(object, 'status', 'containerStatuses')) {
      see(timeAt(status, 'state', 'running', 'startedAt'));
      see(timeAt(status, 'state', 'terminated', 'finishedAt'));
      see(timeAt(status, 'lastState', 'terminated', 'finishedAt'));
    }
  }
  for (const log of logs) see(lastLogTime(log.text));
  return newest;
}

function lastLogTime(text: string): number | null {
  const tail = text.slice(-2000);
  const found = [...tail.matchAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g)].at(-1)?.[0];
  if (found === undefined) return null;
  const ms = Date.parse(`${found.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** The log of one run of a container, as it stands in the evidence. */
export interface LogFile {
  readonly path: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly text: string;
}
