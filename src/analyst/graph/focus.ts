import type { CollectRequest } from '../../domain/ports.ts';
import type { Entity } from '../../domain/verdict.ts';
import { canonicalKind } from '../collector/kinds.ts';
import { entityKey } from './owner.ts';

/** What an incident is about, the root owner first, then the objects of its faults; each once. */
export function focusEntities(request: CollectRequest): readonly Entity[] {
  const { incident, faults } = request;
  const all: Entity[] = [incident.owner, incident.resource, ...faults.flatMap((it) => [it.owner, it.resource])].map(
    ({ kind, namespace, name }) => ({ kind: canonicalKind(kind) ?? kind, namespace: namespace || null, name }),
  );
  return [...new Map(all.map((entity) => [entityKey(entity), entity])).values()].slice(0, 20);
}

/** The namespaces of the incident, the first one first. */
export function focusNamespaces(entities: readonly Entity[]): readonly string[] {
  const names = entities.flatMap((it) => (it.kind === 'Namespace' ? [it.name] : it.namespace ? [it.namespace] : []));
  return [...new Set(names)];
}
