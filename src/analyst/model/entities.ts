import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { controllerRef, ownerAbove } from '../../kube/owner.ts';
import type { EvidenceGraph } from './evidence-graph.ts';
import { objectPath } from './evidence-paths.ts';

export function entityOf(object: KubeObject): Entity {
  return { kind: object.kind, namespace: object.metadata.namespace ?? null, name: object.metadata.name };
}

export const entityKey = (entity: Entity): string => `${entity.kind} ${entity.namespace ?? ''}/${entity.name}`;

export function sameEntity(a: Entity, b: Entity): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

/** `Deployment shop/cart`, `Node n1`. */
export function entityText(entity: Entity): string {
  return `${entity.kind} ${entity.namespace === null ? '' : `${entity.namespace}/`}${entity.name}`;
}

/** Kinds that stand for themselves also where an operator has made them. */
const deployed: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']);

/**
 * The end of the chain of controllers: Pod → ReplicaSet → Deployment, Job → CronJob. A controller that is not in the
 * evidence still counts, and its name tells of what is above it.
 * A custom resource above a Deployment or its like is no part of it: an operator keeps many of them.
 */
export function rootOwner(graph: EvidenceGraph, object: KubeObject): Entity {
  let current: KubeObject = object;
  for (let depth = 0; depth < 6; depth += 1) {
    const controller = controllerRef(current);
    if (!controller || (deployed.has(current.kind) && kindFacts(controller.kind) === null)) return entityOf(current);
    const next = graph.get(controller.kind, controller.namespace, controller.name);
    if (!next) {
      const { kind, namespace, name } = ownerAbove(controller, current);
      return { kind, namespace, name };
    }
    current = next;
  }
  return entityOf(current);
}

/** The evidence file of an object. */
export function fileOf({ kind, namespace, name }: Entity): string {
  return objectPath(kind, namespace, name);
}
