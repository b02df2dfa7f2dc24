import type { AnalystRequest } from '../../domain/ports.ts';
import type { Entity } from '../../domain/verdict/verdict.ts';
import { kindFacts, kindNamed } from '../../kube/kinds.ts';
import { controllerRef } from '../../kube/owner.ts';
import { entityKey, rootOwner } from './entities.ts';
import type { EvidenceGraph } from './evidence-graph.ts';
import type { Workload } from './workload.ts';

/** So many objects of one incident are looked at. */
const most = 20;

/** What an incident is about, the root owner first, then the objects of its faults; each once, 20 at most. */
export function focusEntities(request: AnalystRequest): readonly Entity[] {
  return allEntities(request).slice(0, most);
}

/** Whether an incident is about more objects than `focusEntities` gives. */
export const isCut = (request: AnalystRequest): boolean => allEntities(request).length > most;

function allEntities({ subject, related }: AnalystRequest): readonly Entity[] {
  const all = [subject, ...related].map(({ kind, namespace, name }) => ({
    kind: kindNamed(kind)?.kind ?? kind,
    namespace: namespace || null,
    name,
  }));
  return [...new Map(all.map((entity) => [entityKey(entity), entity])).values()];
}

/** The namespaces of the incident, the first one first. */
export function focusNamespaces(entities: readonly Entity[]): readonly string[] {
  const names = entities.flatMap((it) => (it.kind === 'Namespace' ? [it.name] : it.namespace ? [it.namespace] : []));
  return [...new Set(names)];
}

/** What the incident is about, as workloads and objects of the evidence; the first is the one that alerted. */
export interface Focus {
  readonly entities: readonly Entity[];
  readonly workloads: readonly Workload[];
  /** Set when the incident is about a whole namespace. */
  readonly namespace: string | null;
}

/** Pods and ReplicaSets stand for the workload that owns them. */
export function findFocus(graph: EvidenceGraph, workloads: readonly Workload[], entities: readonly Entity[]): Focus {
  const found = new Map<string, Entity>();
  for (const entity of entities) {
    const object = graph.get(entity.kind, entity.namespace, entity.name);
    const owned = object && ['Pod', 'ReplicaSet', 'Job'].includes(entity.kind) ? rootOwner(graph, object) : entity;
    const top = owned.kind === 'Node' && entity.kind === 'Pod' ? entity : owned;
    found.set(entityKey(top), top);
  }
  // A pod or ReplicaSet that is gone says nothing beside the owner that is there.
  const kept = [...found.values()].filter(
    (match, at) =>
      at === 0 ||
      !['Pod', 'ReplicaSet'].includes(match.kind) ||
      graph.get(match.kind, match.namespace, match.name) !== null,
  );
  // What an operator has made for a custom resource is what can be seen of it.
  const owners = new Set(kept.map(entityKey));
  const owned = workloads.filter(({ entity, object }) => {
    const controller = object && controllerRef(object);
    return (
      controller &&
      kindFacts(controller.kind) === null &&
      owners.has(entityKey({ ...entity, kind: controller.kind, name: controller.name }))
    );
  });
  const all = [
    ...new Map([...kept, ...owned.map(({ entity }) => entity)].map((one) => [entityKey(one), one])).values(),
  ];
  const keys = new Set(all.map(entityKey));
  return {
    entities: all,
    workloads: workloads.filter((it) => keys.has(entityKey(it.entity))),
    namespace: kept[0]?.kind === 'Namespace' ? kept[0].name : null,
  };
}
