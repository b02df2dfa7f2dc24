import type { KubeObject } from '../cluster-reader.ts';
import {
  type KubeEvent,
  type Pod,
  type Workload,
  conditionOf,
  conditionTime,
  controllerOf,
  items,
  timeOf,
} from '../objects.ts';
import { sentence } from './container.ts';
import { firstSeenOf, newestEvent } from './event-time.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';

/** Pods may be missing or not ready for so long: rolling updates and slow starts look the same. */
const stalledGraceMs = 3 * 60_000;

/**
 * Since when pods of a StatefulSet or DaemonSet are missing or not ready (ms); null when they are not, or not for long.
 * These kinds have no condition and no time of their own, so their pods are asked.
 */
export function stalledSince(workload: Workload, wanted: number, context: DetectContext): number | null {
  const created = timeOf(workload.metadata.creationTimestamp) ?? 0;
  if (context.now - created <= stalledGraceMs) return null;
  if (context.pods === undefined) return created;
  const owned = items(context.pods).filter((pod) => controllerOf(pod)?.uid === workload.metadata.uid) as readonly Pod[];
  const standing = owned.filter((pod) => !pod.metadata.deletionTimestamp);
  const since = standing.map(notReadySince).filter((time) => time !== null);
  const oldest = since.length > 0 ? Math.min(...since) : null;
  if (oldest !== null && context.now - oldest > stalledGraceMs) return oldest;
  const refused = createEvent(context);
  if (owned.length < wanted && refused) return firstSeenOf(refused);
  return null;
}

/** Since when a pod is not Ready, null when it is. */
function notReadySince(pod: Pod): number | null {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status === 'True') return null;
  return conditionTime(ready) ?? timeOf(pod.metadata.creationTimestamp);
}

/** `CreateFailed` where only events tell that pods cannot be created (all kinds but Deployments). */
export function createFailed(object: KubeObject, context: DetectContext): Finding[] {
  const event = createEvent(context);
  if (!event) return [];
  const text = sentence('Pods cannot be created: FailedCreate', { message: event.message });
  return [finding('CreateFailed', object, text, { since: firstSeenOf(event) })];
}

function createEvent(context: DetectContext): KubeEvent | null {
  return newestEvent(context, (event) => event.reason === 'FailedCreate');
}
