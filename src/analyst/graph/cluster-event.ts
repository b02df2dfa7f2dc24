import { listAt, numberAt, textAt, timeAt } from './fields.ts';

/** An event of the cluster, with the counts of its series. Times in ms since the epoch. */
export interface ClusterEvent {
  readonly path: string;
  readonly kind: string;
  readonly objectNamespace: string;
  readonly name: string;
  readonly reason: string;
  readonly message: string;
  readonly warning: boolean;
  readonly count: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

/** The events of one file of `evidence/events/`, oldest first. */
export function readEvents(path: string, text: string): readonly ClusterEvent[] {
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    return [];
  }
  return listAt(items)
    .map((item) => readEvent(path, item))
    .sort((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0) || compareText(key(a), key(b)));
}

/** Events of the scheduler have only `eventTime` and `series`, those of others `count` and the two timestamps. */
function readEvent(path: string, item: unknown): ClusterEvent {
  const eventTime = timeAt(item, 'eventTime') ?? timeAt(item, 'metadata', 'creationTimestamp');
  return {
    path,
    kind: textAt(item, 'involvedObject', 'kind'),
    objectNamespace: textAt(item, 'involvedObject', 'namespace'),
    name: textAt(item, 'involvedObject', 'name'),
    reason: textAt(item, 'reason'),
    message: textAt(item, 'message'),
    warning: textAt(item, 'type') === 'Warning',
    count: numberAt(item, 'series', 'count') ?? numberAt(item, 'count') ?? 1,
    firstAt: timeAt(item, 'firstTimestamp') ?? eventTime,
    lastAt: timeAt(item, 'series', 'lastObservedTime') ?? timeAt(item, 'lastTimestamp') ?? eventTime,
  };
}

const key = (event: ClusterEvent): string => `${event.kind}/${event.name}/${event.reason}/${event.message}`;

/** Code unit order: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
