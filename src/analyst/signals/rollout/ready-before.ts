import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { numberAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { newestOf } from './revision-change.ts';

/**
 * How many of the ready pods are of an older revision, while the newest one lacks some; null where it lacks none, for a
 * workload that does not tell its revisions apart, and where what was read of them does not fit its status. At most as
 * many as are wanted.
 */
export function readyBefore(workload: Workload): number | null {
  const { entity, object, desired } = workload;
  if (object === null) return null;
  if (entity.kind === 'Deployment') return beforeOfSets(workload, object, desired);
  return entity.kind === 'StatefulSet' ? beforeOfPods(workload, object, desired) : null;
}

/** By the status of the ReplicaSets, which counts all pods, also those that were not read. */
function beforeOfSets({ replicaSets }: Workload, deployment: KubeObject, desired: number): number | null {
  const [newest, ...older] = replicaSets;
  if (newest === undefined || older.length === 0) return null;
  const ready = (set: KubeObject): number => numberAt(set, 'status', 'readyReplicas') ?? 0;
  const before = older.reduce((sum, set) => sum + ready(set), 0);
  if (before + ready(newest) !== (numberAt(deployment, 'status', 'readyReplicas') ?? 0)) return null;
  return (numberAt(newest, 'spec', 'replicas') ?? 0) > ready(newest) ? Math.min(before, desired) : null;
}

function beforeOfPods(workload: Workload, set: KubeObject, desired: number): number | null {
  const isNewest = newestOf(workload);
  const live = workload.pods.filter((pod) => !pod.deleting);
  const ready = live.filter((pod) => pod.ready);
  if (ready.length !== (numberAt(set, 'status', 'readyReplicas') ?? 0)) return null;
  if (!live.some((pod) => isNewest(pod) && !pod.ready)) return null;
  return Math.min(ready.filter((pod) => !isNewest(pod)).length, desired);
}
