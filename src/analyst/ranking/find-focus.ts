import type { Entity } from '../../domain/verdict.ts';
import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { entityKey, rootOwner } from '../graph/owner.ts';
import type { Workload } from '../graph/workload.ts';

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
    (it, at) =>
      at === 0 || !['Pod', 'ReplicaSet'].includes(it.kind) || graph.get(it.kind, it.namespace, it.name) !== null,
  );
  const keys = new Set(kept.map(entityKey));
  return {
    entities: kept,
    workloads: workloads.filter((it) => keys.has(entityKey(it.entity))),
    namespace: kept[0]?.kind === 'Namespace' ? kept[0].name : null,
  };
}
