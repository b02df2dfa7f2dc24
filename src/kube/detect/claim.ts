import type { KubeObject } from '../cluster-reader.ts';
import { type Claim, type Pod, items, timeOf } from '../objects.ts';
import { newestEvent } from './event-time.ts';
import { type DetectContext, type Finding, finding, sentence } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** A claim may be Pending for so long: provisioning takes its time. */
const claimGraceMs = 60_000;

/**
 * Faults of a PersistentVolumeClaim: pending, lost. A claim that waits for its first consumer is Pending by design: it
 * counts only when an event says what fails, or when a pod that uses it waits too.
 */
export function detectClaim(object: KubeObject, context: DetectContext): Finding[] {
  const claim = object as Claim;
  if (claim.metadata.deletionTimestamp) return unusedDeletion(claim, context);
  const since = timeOf(claim.metadata.creationTimestamp);
  const phase = claim.status?.phase;
  if (phase === 'Lost') {
    return [finding('ClaimPending', claim, `Claim has lost its volume ${claim.spec?.volumeName ?? ''}`, { since })];
  }
  if (phase !== 'Pending' || (since !== null && context.now - since <= claimGraceMs)) return [];
  const event = newestEvent(context, () => true);
  if (!event && context.pods !== undefined && !waitedFor(claim, context)) return [];
  const text = sentence('Claim is not bound', {
    'storage class': claim.spec?.storageClassName === '' ? '(none)' : (claim.spec?.storageClassName ?? '(default)'),
    reason: event?.reason,
    message: event?.message,
  });
  return [finding('ClaimPending', claim, text, { since })];
}

/** Kubernetes keeps a claim that a pod uses: its deletion waits by design. A pod known by name only may be one. */
function unusedDeletion(claim: Claim, context: DetectContext): Finding[] {
  const unread = items(context.pods).some(
    (pod) => pod.metadata.namespace === claim.metadata.namespace && pod['status'] === undefined,
  );
  return unread || context.podsCut || usersOf(claim, context).length > 0 ? [] : stuckDeletion(claim, context);
}

function waitedFor(claim: Claim, context: DetectContext): boolean {
  return usersOf(claim, context).some((pod) => pod.status?.phase === 'Pending' && !pod.metadata.deletionTimestamp);
}

function usersOf(claim: Claim, context: DetectContext): readonly Pod[] {
  const pods = items(context.pods) as readonly Pod[];
  return pods.filter(
    (pod) =>
      pod.metadata.namespace === claim.metadata.namespace &&
      items(pod.spec?.volumes).some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata.name),
  );
}
