import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { timeAt } from '../model/fields.ts';
import { type PodReference, podReferences } from '../model/pod-references.ts';
import type { ContainerView, PodView, Workload } from '../model/workload.ts';

/** A ConfigMap or Secret that was written after a container had read it: the container still holds the old value. */
export interface HeldValue {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  readonly reference: PodReference;
  readonly object: KubeObject;
  /** When it was last written, as it stands in the object. */
  readonly changed: string;
}

/** When the content of an object was last written; empty when nobody wrote it after it was made, or it is not told. */
export function lastChange(object: KubeObject | null): string {
  const times = (object?.metadata.managedFields ?? []).map((it) => it.time ?? '').sort();
  const last = times.at(-1) ?? '';
  return last === (object?.metadata.creationTimestamp ?? last) ? '' : last;
}

/**
 * What the running pods of a workload still hold from before a change. Variables, and files mounted by `subPath`, are read
 * when a container starts; whole mounted volumes follow a change, and a container that started again has read the new value.
 */
export function heldValues(graph: EvidenceGraph, workload: Workload): readonly HeldValue[] {
  const references = podReferences(workload.template).filter(
    (it) => it.kind !== 'PersistentVolumeClaim' && (it.how === 'env' || it.how === 'envFrom' || hasSubPath(it)),
  );
  return references.flatMap((reference): HeldValue[] => {
    const object = graph.get(reference.kind, workload.entity.namespace, reference.name);
    const changed = lastChange(object);
    if (!object || changed === '') return [];
    for (const pod of workload.currentPods.slice(0, 30)) {
      const container = pod.containers.find(
        (it) => reference.containers.includes(it.name) && isOlder(pod, it, Date.parse(changed)),
      );
      if (container) return [{ workload, pod, container, reference, object, changed }];
    }
    return [];
  });
}

const hasSubPath = ({ how, paths }: PodReference): boolean => how === 'volume' && paths.some((it) => it.subPath !== '');

function isOlder(pod: PodView, container: ContainerView, changed: number): boolean {
  const podStarted = timeAt(pod.object, 'status', 'startTime') ?? timeAt(pod.object, 'metadata', 'creationTimestamp');
  const started = container.runningSince;
  return started !== null && started < changed && (podStarted ?? Infinity) < changed;
}
