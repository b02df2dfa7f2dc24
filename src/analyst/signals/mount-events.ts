import { type ClusterEvent, type EvidenceGraph } from '../model/evidence-graph.ts';
import type { PodView, Workload } from '../model/workload.ts';

/** A pod that waits for its volumes, with what the node and the controllers say of them, newest first. */
export interface MountWait {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly events: readonly ClusterEvent[];
}

const reasons: ReadonlySet<string> = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume']);
const maxPods = 4;
const maxEvents = 20;

/** Pods that are not ready with mount or attach events, at most four of a workload. */
export function mountEvents(graph: EvidenceGraph, workloads: readonly Workload[]): readonly MountWait[] {
  const byPod = Map.groupBy(
    graph.events.filter((event) => event.kind === 'Pod' && reasons.has(event.reason)),
    (event) => `${event.objectNamespace}/${event.name}`,
  );
  if (byPod.size === 0) return [];
  return workloads.flatMap((workload) =>
    workload.pods
      .filter((pod) => !pod.ready && !pod.deleting)
      .flatMap((pod) => {
        const events = byPod.get(`${pod.namespace}/${pod.name}`);
        return events ? [{ workload, pod, events: events.slice(-maxEvents).reverse() }] : [];
      })
      .slice(0, maxPods),
  );
}

/** The volume driver that a message says is not on the node; null when it says no such thing. */
export function missingDriver(message: string): string | null {
  const match =
    /driver name (\S+) not found in the list of registered CSI drivers/.exec(message) ??
    /CSINode \S+ does not contain driver (\S+)/.exec(message) ??
    /waiting for external-attacher of (\S+) CSI driver/.exec(message);
  return match?.[1]?.replace(/[.,;:]+$/, '') ?? null;
}
