import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { numberAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { newestOf } from './revision-change.ts';

/** Ready pods of all older revisions and of the newest one. */
interface ReadyRevisions {
  readonly before: number;
  readonly newest: number;
}

/**
 * How many pods of which revision are ready while the newest one lacks some; null where it lacks none, for a workload that
 * does not tell its revisions apart, and where what was read of them does not fit its status.
 */
export function readyRevisions(workload: Workload): ReadyRevisions | null {
  const { entity, object } = workload;
  if (object === null) return null;
  if (entity.kind === 'Deployment') return ofSets(workload, object);
  return entity.kind === 'StatefulSet' ? ofPods(workload, object) : null;
}

/** By the status of the ReplicaSets, which counts all pods, also those that were not read. */
function ofSets({ replicaSets: [newest, ...older] }: Workload, deployment: KubeObject): ReadyRevisions | null {
  if (newest === undefined || older.length === 0) return null;
  const ready = (set: KubeObject): number => numberAt(set, 'status', 'readyReplicas') ?? 0;
  const found = { before: older.reduce((sum, set) => sum + ready(set), 0), newest: ready(newest) };
  const lacksSome = (numberAt(newest, 'spec', 'replicas') ?? 0) > found.newest;
  return lacksSome && fits(found, deployment) ? found : null;
}

function ofPods(workload: Workload, set: KubeObject): ReadyRevisions | null {
  const isNewest = newestOf(workload);
  const live = workload.pods.filter((pod) => !pod.deleting);
  const ready = live.filter((pod) => pod.ready);
  const newest = ready.filter(isNewest).length;
  const found = { before: ready.length - newest, newest };
  const lacksSome = live.some((pod) => isNewest(pod) && !pod.ready);
  return lacksSome && fits(found, set) ? found : null;
}

const fits = ({ before, newest }: ReadyRevisions, object: KubeObject): boolean =>
  before + newest === (numberAt(object, 'status', 'readyReplicas') ?? 0);
