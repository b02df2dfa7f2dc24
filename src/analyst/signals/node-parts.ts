import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf, rootOwner } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, textAt } from '../model/fields.ts';
import { podView, type PodView } from '../model/workload.ts';

/** A pod on a node with what owns it. */
export interface NodePod {
  readonly pod: PodView;
  readonly owner: Entity;
}

/** The pods that were read of a node. */
export function nodePods(graph: EvidenceGraph, node: string): readonly NodePod[] {
  return graph
    .all('Pod')
    .filter((pod) => textAt(pod, 'spec', 'nodeName') === node)
    .map((pod) => ({ pod: podView(pod), owner: rootOwner(graph, pod) }));
}

/** The DaemonSet that brings a volume driver to nodes: its pod template speaks of the driver (socket path, arguments). */
export function driverDaemon(graph: EvidenceGraph, driver: string): KubeObject | null {
  const speaking = graph
    .all('DaemonSet')
    .filter((set) => JSON.stringify(dig(set, 'spec', 'template', 'spec') ?? {}).includes(driver));
  return speaking[0] ?? null;
}

/** The pod of a DaemonSet on a node; null when none was read. */
export function daemonPod(graph: EvidenceGraph, daemon: KubeObject, node: string): PodView | null {
  const entity = entityOf(daemon);
  const found = nodePods(graph, node).find(
    ({ owner }) => owner.kind === 'DaemonSet' && owner.name === entity.name && owner.namespace === entity.namespace,
  );
  return found?.pod ?? null;
}
