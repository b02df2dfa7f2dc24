import { parseQuantity } from '../../../kube/quantity.ts';
import { dig, textAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { PodView, Workload } from '../../model/workload.ts';

/** A rollout in which a new pod is not ready and no old one may go before it is. */
export interface StuckRollout {
  readonly workload: Workload;
  /** The newest pod of the new revision; it is not ready. */
  readonly fresh: PodView;
  /** Ready pods of older revisions. */
  readonly old: readonly PodView[];
  /** How many pods the strategy lets be missing, as a number. */
  readonly maxUnavailable: number;
}

/**
 * The rollout of a Deployment that waits for a new pod while all old ones must stay: with so few ready old pods the controller
 * takes none away. Null for `Recreate`, for other kinds and where an old pod may still go.
 */
export function stuckRollout(workload: Workload): StuckRollout | null {
  const { entity, object, currentPods, desired, pods } = workload;
  if (entity.kind !== 'Deployment' || !object || desired === 0) return null;
  if (textAt(object, 'spec', 'strategy', 'type') === 'Recreate' || dig(object, 'spec', 'paused') === true) return null;
  const fresh = currentPods.find((pod) => !pod.ready);
  if (!fresh || workload.replicaSets.length < 2) return null;
  const current = new Set(currentPods);
  const old = pods.filter((pod) => pod.ready && !pod.deleting && !current.has(pod));
  const maxUnavailable = unavailable(object, desired);
  const ready = old.length + currentPods.filter((pod) => pod.ready).length;
  if (old.length === 0 || ready > desired - maxUnavailable) return null;
  return { workload, fresh, old, maxUnavailable };
}

/** `maxUnavailable` is rounded down, `maxSurge` up; both at 0 count as one pod that may be missing. */
function unavailable(object: unknown, desired: number): number {
  const own = share(dig(object, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? '25%', desired, Math.floor);
  const surge = share(dig(object, 'spec', 'strategy', 'rollingUpdate', 'maxSurge') ?? '25%', desired, Math.ceil);
  return own === 0 && surge === 0 ? 1 : own;
}

function share(value: unknown, of: number, round: (value: number) => number): number {
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? (parseQuantity(value) ?? 0) : round((Number(percent) * of) / 100);
}

/** A volume that two pods mount: a claim, or on one node the same path of the host. */
export function sharedVolume(
  a: PodView,
  b: PodView,
): { kind: 'PersistentVolumeClaim' | 'hostPath'; name: string } | null {
  const claims = (pod: PodView): string[] =>
    podReferences(pod.object['spec']).flatMap((one) => (one.kind === 'PersistentVolumeClaim' ? [one.name] : []));
  const theirs = new Set(claims(b));
  const claim = claims(a).find((name) => theirs.has(name));
  if (claim !== undefined) return { kind: 'PersistentVolumeClaim', name: claim };
  if (a.node !== b.node) return null;
  const paths = new Set(hostPaths(b));
  const path = hostPaths(a).find((one) => paths.has(one));
  return path === undefined ? null : { kind: 'hostPath', name: path };
}

function hostPaths(pod: PodView): string[] {
  const volumes = dig(pod.object, 'spec', 'volumes');
  return Array.isArray(volumes)
    ? volumes.map((one) => textAt(one, 'hostPath', 'path')).filter((path) => path !== '')
    : [];
}
