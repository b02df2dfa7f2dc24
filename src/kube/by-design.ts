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
