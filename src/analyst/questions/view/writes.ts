import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityKey, entityOf } from '../../model/entities.ts';
import { recordAt, textAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { Workload } from '../../model/workload.ts';
import type { QuestionView } from './view.ts';

/** A write of an object, as the API server noted it (`metadata.managedFields`). */
export interface Write {
  readonly object: KubeObject;
  /** ms since the epoch. */
  readonly at: number;
  /** The program. */
  readonly manager: string;
  /** `Apply` or `Update`. */
  readonly operation: string;
  /** The fields that it wrote and nobody has written since, each as the names on the way to it: `spec`, `replicas`. */
  readonly fields: readonly (readonly string[])[];
}

/** Fields of one write. */
const maxFields = 2000;

/** The writes of an object, the newest first; those of its status alone are none. */
export function writesOf(object: KubeObject): readonly Write[] {
  return (object.metadata.managedFields ?? [])
    .filter((one) => ['', 'scale'].includes(textAt(one, 'subresource')))
    .map((one) => {
      const { time = '', manager = '', operation = '', fieldsV1 } = one;
      return { object, at: Date.parse(time), manager, operation, fields: fieldsOf(fieldsV1).slice(0, maxFields) };
    })
    .filter(({ at }) => Number.isFinite(at))
    .toSorted((a, b) => b.at - a.at);
}

/** The objects that somebody writes and a question is about: what the workloads use, what the cause and the question name. */
export function writtenObjects(
  { analysis, kept, named }: QuestionView,
  workloads: readonly Workload[],
): readonly KubeObject[] {
  const graph = analysis?.graph;
  const used = workloads.flatMap(({ template, entity }) =>
    podReferences(template).flatMap(({ kind, name }) => graph?.get(kind, entity.namespace, name) ?? []),
  );
  const causes = named.entities.length > 0 ? [] : (kept.verdict?.causes.map(({ entity }) => entity) ?? []);
  const wanted = [...causes, ...named.entities].flatMap(
    ({ kind, namespace, name }) => graph?.get(kind, namespace, name) ?? [],
  );
  const all = [...used, ...wanted].filter(({ kind }) => kind !== 'Pod' && kind !== 'ReplicaSet' && kind !== 'Node');
  return [...new Map(all.map((object) => [entityKey(entityOf(object)), object])).values()];
}

/** The leaves of `fieldsV1` (structured-merge-diff: `f:` a field, `k:` an element by its keys, `v:` one by its value). */
function fieldsOf(fields: unknown, before: readonly string[] = []): readonly (readonly string[])[] {
  const inner = Object.entries(recordAt(fields)).filter(([key]) => key !== '.');
  if (inner.length === 0) return before.length === 0 ? [] : [before];
  return inner.flatMap(([key, value]) => fieldsOf(value, [...before, stepOf(key)]));
}

function stepOf(key: string): string {
  const text = key.replace(/^[fkvi]:/, '');
  return key.startsWith('k:') ? (/"name":"([^"]*)"/.exec(text)?.[1] ?? text) : text;
}
