import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { controllerOf } from '../../kube/objects.ts';
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

/**
 * The end of the chain of controllers: Pod → ReplicaSet → Deployment, Job → CronJob. A controller that is not in the
 * evidence still counts; the Deployment of an absent ReplicaSet is read from its name.
 */
export function rootOwner(graph: EvidenceGraph, object: KubeObject): Entity {
  let current: KubeObject = object;
  for (let depth = 0; depth < 6; depth += 1) {
    const owner = controllerOf(current);
    if (!owner) return entityOf(current);
    const namespace = current.metadata.namespace ?? null;
    const next = graph.get(owner.kind, namespace, owner.name) ?? graph.get(owner.kind, null, owner.name);
    if (next) current = next;
    else return guessOwner(owner.kind, namespace, owner.name, current);
  }
  return entityOf(current);
}

function guessOwner(kind: string, namespace: string | null, name: string, child: KubeObject): Entity {
  const hash = child.metadata.labels?.['pod-template-hash'];
  if (kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', namespace, name: name.slice(0, -hash.length - 1) };
  }
  return { kind, namespace, name };
}

/** The evidence file of an object. */
export function fileOf({ kind, namespace, name }: Entity): string {
  return objectPath(kind, namespace, name);
}
