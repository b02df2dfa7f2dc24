import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesLabels } from '../../kube/selectors.ts';
import { customObjects } from '../custom/links.ts';
import { entityKey, entityOf } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { textAt } from '../model/fields.ts';
import type { Focus } from '../model/focus.ts';
import { podReferences } from '../model/pod-references.ts';
import { serviceSelector } from '../model/services.ts';
import type { PodView, Workload } from '../model/workload.ts';

const maxPods = 20;
const maxObjects = 120;

/**
 * What stands around the objects of an incident, nearest first: the objects themselves, their controllers' own
 * ReplicaSets and Jobs, pods (those that are not ready first), the pods' claims and volumes, the namespace, custom
 * resources, the nodes. Of
 * a namespace everything that was read of it. At most 120.
 */
export function objectsAround(
  graph: EvidenceGraph,
  workloads: readonly Workload[],
  focus: Focus,
): readonly KubeObject[] {
  const { namespace } = focus;
  const behind = [...focus.workloads, ...workloads.filter((workload) => leadsTo(graph, focus.entities, workload))];
  const pods = behind
    .flatMap((workload) => workload.pods)
    .toSorted((a, b) => Number(a.ready) - Number(b.ready))
    .slice(0, maxPods);
  const found = [
    ...focus.entities.map(({ kind, namespace: ns, name }) => graph.get(kind, ns, name)),
    ...behind.flatMap(({ object, replicaSets, jobs }) => [object, ...replicaSets.slice(0, 2), ...jobs.slice(0, 2)]),
    ...pods.map((pod) => pod.object),
    ...pods.flatMap((pod) => volumesOf(graph, pod)),
    ...(namespace === null ? [] : graph.kinds.flatMap((kind) => graph.all(kind, namespace))),
    ...namespacesOf(focus.entities).map((name) => graph.get('Namespace', null, name)),
    // Custom resources were read because something names them.
    ...customObjects(graph),
    ...pods.map((pod) => graph.get('Node', null, pod.node)),
  ].filter((object) => object !== null);
  return [...new Map(found.map((object) => [entityKey(entityOf(object)), object])).values()].slice(0, maxObjects);
}

/** Whether a Service or an autoscaler of the incident leads to a workload. */
function leadsTo(graph: EvidenceGraph, entities: readonly Entity[], { entity, templateLabels }: Workload): boolean {
  return entities.some(({ kind, namespace, name }) => {
    if (namespace !== entity.namespace || (kind !== 'Service' && kind !== 'HorizontalPodAutoscaler')) return false;
    const object = graph.get(kind, namespace, name);
    if (object === null) return false;
    if (kind === 'Service') return matchesLabels(serviceSelector(object), templateLabels);
    return textAt(object, 'spec', 'scaleTargetRef', 'name') === entity.name;
  });
}

/** The claims of a pod, and their volumes. */
function volumesOf(graph: EvidenceGraph, pod: PodView): (KubeObject | null)[] {
  const claims = podReferences(pod.object['spec'])
    .filter((reference) => reference.kind === 'PersistentVolumeClaim')
    .map((reference) => graph.get('PersistentVolumeClaim', pod.namespace, reference.name));
  return claims.flatMap((claim) => [claim, graph.get('PersistentVolume', null, textAt(claim, 'spec', 'volumeName'))]);
}

const namespacesOf = (entities: readonly Entity[]): string[] => [
  ...new Set(entities.flatMap(({ namespace }) => namespace ?? [])),
];
