import { type KubeEvent, items, timeOf } from '../objects.ts';
import type { DetectContext } from './finding.ts';

/** An event that was last seen longer ago says nothing about now: controllers repeat within 17 minutes. */
const eventWindowMs = 20 * 60_000;

/** When an event was last seen, ms. Events of the scheduler have only `eventTime` and `series`. */
export function lastSeenOf(event: KubeEvent): number | null {
  const times = [
    event.series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.metadata.creationTimestamp,
  ];
  const known = times.map(timeOf).filter((time) => time !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** When it was first seen, ms. */
export function firstSeenOf(event: KubeEvent): number | null {
  return timeOf(event.firstTimestamp) ?? timeOf(event.eventTime) ?? timeOf(event.metadata.creationTimestamp);
}

/** How often it was seen. */
export function countOf(event: KubeEvent): number {
  return event.series?.count ?? event.count ?? 1;
}

/** Whether an event was seen so lately that it says something about now. */
export function isRecent(event: KubeEvent, now: number): boolean {
  const seen = lastSeenOf(event);
  return seen !== null && now - seen <= eventWindowMs;
}

/** The newest recent warning event of the context that fits. */
export function newestEvent(context: DetectContext, fits: (event: KubeEvent) => boolean): KubeEvent | null {
  let newest: KubeEvent | null = null;
  for (const object of items(context.events)) {
    const event = object as KubeEvent;
    if (event.type === 'Normal' || !isRecent(event, context.now) || !fits(event)) continue;
    if (newest === null || (lastSeenOf(event) ?? 0) > (lastSeenOf(newest) ?? 0)) newest = event;
  }
  return newest;
}
