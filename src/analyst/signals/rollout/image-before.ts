import type { KubeObject } from '../../../kube/cluster-reader.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt, timeAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { Workload } from '../../model/workload.ts';
import { lastChange } from '../held-values.ts';

/** The image that a container had before, and how the revision with it stands. */
export interface ImageBefore {
  readonly object: KubeObject;
  readonly image: string;
  /** Ready pods that still have it. */
  readonly ready: number;
}

/** The newest older revision that had another image of the container; of other kinds a ready pod that still has one. */
export function imageBefore(workload: Workload, container: string, image: string): ImageBefore | null {
  for (const set of workload.replicaSets.slice(1)) {
    const other = textAt(specIn(dig(set, 'spec', 'template', 'spec'), container), 'image');
    const ready = numberAt(set, 'status', 'readyReplicas') ?? 0;
    if (other !== '' && other !== image) return { object: set, image: other, ready };
  }
  for (const pod of workload.replicaSets.length > 0 ? [] : workload.pods.filter((one) => one.ready)) {
    const other = pod.containers.find((one) => one.name === container)?.image ?? '';
    if (other !== '' && other !== image) return { object: pod.object, image: other, ready: 1 };
  }
  return null;
}

/** What sets a container up besides its image. */
const ofContainer = ['env', 'envFrom', 'command', 'args', 'volumeMounts', 'workingDir'] as const;

/**
 * An older revision that is ready on the very settings with which the newest crashes: the same fields, and no ConfigMap or
 * Secret was written since its pods have started. Then the settings are not what is wrong. Null when there is none.
 */
export function readyOnSameSettings(
  graph: EvidenceGraph,
  workload: Workload,
  container: string,
  image: string,
): ImageBefore | null {
  const before = imageBefore(workload, container, image);
  if (!before || before.ready === 0 || before.object.kind !== 'ReplicaSet') return null;
  const template = dig(before.object, 'spec', 'template', 'spec');
  const [old, now] = [specIn(template, container), specIn(workload.template, container)];
  if (ofContainer.some((field) => !isSame(dig(old, field), dig(now, field)))) return null;
  if (!isSame(dig(template, 'volumes'), dig(workload.template, 'volumes'))) return null;
  const started = startOf(workload, before.object);
  if (started === null) return null;
  const isNewer = podReferences(workload.template).some(({ kind, name }) => {
    const object = graph.get(kind, workload.entity.namespace, name);
    return kind !== 'PersistentVolumeClaim' && object !== null && writtenAt(object) > started;
  });
  return isNewer ? null : before;
}

const specIn = (template: unknown, container: string): unknown =>
  [...listAt(template, 'containers'), ...listAt(template, 'initContainers')].find(
    (one) => textAt(one, 'name') === container,
  );

/** Fields of two templates, as the API gives them: in one order. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** When the first ready pod of a revision was made. */
function startOf(workload: Workload, set: KubeObject): number | null {
  const starts = workload.pods
    .filter(
      (pod) => pod.ready && (pod.object.metadata.ownerReferences ?? []).some((one) => one.name === set.metadata.name),
    )
    .flatMap((pod) => timeAt(pod.object, 'metadata', 'creationTimestamp') ?? []);
  return starts.length === 0 ? null : Math.min(...starts);
}

const writtenAt = (object: KubeObject): number =>
  Date.parse(lastChange(object) || (object.metadata.creationTimestamp ?? '')) || 0;
