import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf, rootOwner } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, textAt, textsAt } from '../model/fields.ts';
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

/** The workload that makes volumes for a driver: its pod template runs a provisioner and speaks of the driver. */
export function provisionerOf(graph: EvidenceGraph, driver: string): KubeObject | null {
  const workloads = (['Deployment', 'StatefulSet'] as const).flatMap((kind) => graph.all(kind));
  const speaking = workloads.filter((one) => {
    const spec = JSON.stringify(dig(one, 'spec', 'template', 'spec') ?? {});
    return spec.includes(driver) && /provisioner/i.test(spec);
  });
  return speaking[0] ?? null;
}

/** The namespace of the Secret with which a driver makes volumes of a class; it may be that of the claim. */
export function secretNamespace(storage: KubeObject, claim: KubeObject): string {
  const set =
    Object.entries(textsAt(storage, 'parameters')).find(([key]) => /secret-?namespace$/i.test(key))?.[1] ?? '';
  return set === '' || set.startsWith('${') ? (claim.metadata.namespace ?? '') : set;
}
