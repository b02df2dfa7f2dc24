import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { timeAt } from '../model/fields.ts';
import type { PodView, Workload } from '../model/workload.ts';

/** Pods of one revision of a workload, of which those that fail are all on one node and others are well elsewhere. */
export interface Confinement {
  readonly workload: Workload;
  readonly node: string;
  readonly failing: readonly PodView[];
  readonly well: readonly PodView[];
}

/** A pod that is younger may still be starting. */
const startMs = 120_000;
const maxPods = 60;

/**
 * Whether what is wrong with a workload is wrong on one node only. Pods of one revision have the same image and settings,
 * so what tells them apart is where they run. Null when it fails on several nodes, or runs well on no other.
 */
export function confinement(
  { now }: Pick<EvidenceGraph, 'now'>,
  workload: Workload,
  isFailing: (pod: PodView) => boolean,
): Confinement | null {
  const pods = workload.currentPods.filter((pod) => pod.node !== '' && isCounted(pod)).slice(0, maxPods);
  const failing = pods.filter((pod) => isFailing(pod) && now - (startOf(pod) ?? now) >= startMs);
  const [first] = failing;
  if (!first || failing.some((pod) => pod.node !== first.node)) return null;
  const well = pods.filter((pod) => pod.ready && !isFailing(pod) && revisionOf(pod) === revisionOf(first));
  const elsewhere = well.filter((pod) => pod.node !== first.node);
  // One that is well beside them takes the node out of the question.
  if (elsewhere.length === 0 || elsewhere.length < well.length) return null;
  return { workload, node: first.node, failing, well: elsewhere };
}

const isCounted = ({ phase, deleting }: PodView): boolean => !deleting && phase !== 'Succeeded' && phase !== 'Failed';

const startOf = ({ object }: PodView): number | null =>
  timeAt(object, 'status', 'startTime') ?? timeAt(object, 'metadata', 'creationTimestamp');

const revisionOf = ({ object }: PodView): string =>
  object.metadata.labels?.['pod-template-hash'] ?? object.metadata.labels?.['controller-revision-hash'] ?? '';

/** A clause about the pods that have the same image and settings as one that fails, and are well; null when there are none. */
export function wellBeside({ currentPods }: Workload, failing: PodView): string | null {
  const own = revisionOf(failing);
  const well = currentPods.filter(
    (pod) => pod.ready && revisionOf(pod) === own && own !== '' && pod.containers.every((it) => it.restarts === 0),
  );
  const nodes = [...new Set(well.map((pod) => pod.node))].slice(0, 3).join(', ');
  if (well.length === 0) return null;
  return `${well.length} ${well.length === 1 ? 'pod' : 'pods'} of the same revision ${well.length === 1 ? 'is' : 'are'} ready without a restart on ${nodes}`;
}
