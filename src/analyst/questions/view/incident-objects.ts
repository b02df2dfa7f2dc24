import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityText, sameEntity } from '../../model/entities.ts';
import type { Workload } from '../../model/workload.ts';
import type { QuestionView } from './view.ts';

/** The object that an incident is about, in words. */
export function ownerText({ kept }: QuestionView): string {
  const { owner } = kept.detail.incident;
  return entityText({ ...owner, namespace: owner.namespace ?? null });
}

/** What a question names, in words: objects, else containers. */
export function namedText({ named }: QuestionView): string {
  const names = named.entities.length > 0 ? named.entities.map(entityText) : named.containers;
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** Whether a question names objects, and none of them is one that the incident is about. */
export function isAboutOthers(view: QuestionView): boolean {
  const { entities } = view.named;
  return entities.length > 0 && !entities.some((entity) => isOwn(view, entity));
}

function isOwn({ kept, analysis }: QuestionView, entity: Entity): boolean {
  const { incident, faults, storm } = kept.detail;
  const causes = kept.verdict?.causes ?? [];
  const objects = [
    incident.owner,
    incident.resource,
    ...faults.map(({ resource }) => resource),
    ...causes.map((cause) => cause.entity),
    ...(kept.verdict?.victims ?? []),
    ...(analysis?.focus.entities ?? []),
    ...(analysis?.ranking.causes[0]?.chain.flatMap(({ via, to }) => [via, to]) ?? []),
  ].map(({ kind, namespace, name }) => ({ kind, namespace: namespace ?? null, name }));
  return (
    storm !== undefined ||
    objects.some((one) => sameEntity(one, entity)) ||
    causes.some(({ statement }) => statement.includes(entity.name)) ||
    (analysis?.focus.workloads.some((workload) => isPart(entity, workload)) ?? false)
  );
}

/** A pod, ReplicaSet or Job of a workload. */
function isPart({ kind, namespace, name }: Entity, { entity, pods, replicaSets, jobs }: Workload): boolean {
  if (namespace !== entity.namespace) return false;
  if (kind === 'Pod') return pods.some((pod) => pod.name === name);
  return [...replicaSets, ...jobs].some((one) => one.kind === kind && one.metadata.name === name);
}
