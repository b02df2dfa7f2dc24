import { type NodeObject, type Pod, conditionOf, conditionTime, items } from './objects.ts';

/* States that look like faults and are somebody's will, as far as one object shows them: for sweeps and the analyst alike. */

/** Taints by which an autoscaler or a cloud says that it takes a node away. */
const leavingTaint =
  /^(?:ToBeDeletedBy\w+|karpenter\.sh\/(?:disrupted|disruption)|aws-node-termination-handler\/[\w-]+|cloud\.google\.com\/impending-node-termination|(?:[\w.-]+\/)?(?:scale-?down|deprovision\w*|consolidat\w*))$/i;
/** A node that is taken away may have stopped reporting for so long before it counts as one that is down. */
const maxLeavingMs = 15 * 60_000;

/** The taint of a node that is being taken away and has stopped reporting lately; null for any other node. */
export function leavingBy(node: NodeObject, now: number): string | null {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const since = conditionTime(ready);
  if (!ready || ready.status === 'True' || since === null || now - since > maxLeavingMs) return null;
  return items(node.spec?.taints).find(({ key }) => leavingTaint.test(key ?? ''))?.key ?? null;
}

/** A node that somebody has cordoned may be away for so long: it is being worked on. */
const maxMaintenanceMs = 15 * 60_000;

/** Whether a node that is not ready is being worked on: somebody has taken it out of use, and it is not away for long. */
export function isInMaintenance(node: NodeObject, now: number): boolean {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const since = conditionTime(ready);
  if (node.spec?.unschedulable !== true || !ready || ready.status === 'True' || since === null) return false;
  return now - since <= maxMaintenanceMs;
}

/** How a pod ended that somebody or something took away on purpose: its controller makes another in its place. */
const disruptions = new Set([
  'EvictionByEvictionAPI',
  'PreemptionByScheduler',
  'DeletionByTaintManager',
  'DeletionByPodGC',
]);

/** Whether an ended pod was taken away on purpose: a drain, a preemption, a node that was shut down in good order. */
export function wasTakenAway({ status }: Pod): boolean {
  const disruption = conditionOf(status?.conditions, 'DisruptionTarget');
  if (disruption?.status === 'True' && disruptions.has(disruption.reason ?? '')) return true;
  return (
    /^(?:Terminated|NodeShutdown|Shutdown)$/.test(status?.reason ?? '') &&
    /shut ?(?:down|ting down)/i.test(status?.message ?? '')
  );
}

/** Images of a process that only sleeps. */
const sleepingImage = /(?:^|\/)(?:pause|pause-amd64)(?:[:@]|$)/;

/** Whether a pod does nothing but hold room free for others, by a priority below zero: it waits while they need the room. */
export function holdsRoomFree({ spec }: Pod): boolean {
  const containers = items(spec?.containers);
  return (
    (spec?.priority ?? 0) < 0 &&
    containers.length > 0 &&
    containers.every(({ image }) => sleepingImage.test(image ?? ''))
  );
}
