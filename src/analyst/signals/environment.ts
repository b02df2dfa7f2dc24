import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, listAt, recordAt, textAt } from '../model/fields.ts';
import { type PodReference, podReferences } from '../model/pod-references.ts';
import { containerSpec, type Workload } from '../model/workload.ts';

/** One place that gives a variable of a container its value. */
export interface Given {
  readonly name: string;
  /** The object that someone would change: the workload, or the ConfigMap or Secret that holds the value. */
  readonly entity: Entity;
  readonly how: 'env' | 'envFrom';
  readonly key: string | null;
  /** As it stands there; null for what is not shown: a value of a Secret, of the pod or of an object that was not read. */
  readonly raw: string | null;
}

/** A variable as the program gets it. */
export interface Variable extends Given {
  /** With `$(NAME)` replaced, as the kubelet does it. */
  readonly value: string | null;
  /** References `$(NAME)` in it that stay as they are, because nothing before it sets the variable. */
  readonly unresolved: readonly string[];
  /** What gives the same variable another value and loses, the first first. */
  readonly shadows: readonly Given[];
}

/** An optional reference whose object or key is not there: the container starts without it. */
export interface Lacking {
  /** The variable; empty for the whole of an `envFrom`. */
  readonly name: string;
  readonly reference: PodReference;
  readonly entity: Entity;
  /** The proof that the object is absent; null when only the key is. */
  readonly gone: EvidenceRef | null;
}

export interface Environment {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly lacking: readonly Lacking[];
}

/** What a container finds in its environment, in the order of the kubelet: every `envFrom`, then every `env`, the later wins. */
export function environmentOf(graph: EvidenceGraph, workload: Workload, containerName: string): Environment {
  const spec = containerSpec(workload, containerName);
  const given = [...fromObjects(graph, workload, spec), ...fromEntries(graph, workload, spec)];
  const variables = new Map<string, Variable>();
  for (const one of given) {
    const before = variables.get(one.name);
    const others = before ? [...before.shadows, bare(before)] : [];
    const { value, unresolved } = one.how === 'env' ? expand(one.raw, variables) : { value: one.raw, unresolved: [] };
    variables.set(one.name, { ...one, value, unresolved, shadows: others.filter((it) => !isSame(it, one)) });
  }
  return { variables, lacking: lackingOf(graph, workload, spec) };
}

const bare = ({ name, entity, how, key, raw }: Given): Given => ({ name, entity, how, key, raw });

/** Values that are not shown are the same when they come from the same place. */
const isSame = (a: Given, b: Given): boolean =>
  a.raw === null && b.raw === null ? a.entity.name === b.entity.name && a.key === b.key : a.raw === b.raw;

function fromObjects(graph: EvidenceGraph, { entity }: Workload, spec: unknown): Given[] {
  return listAt(spec, 'envFrom').flatMap((from) => {
    const prefix = textAt(from, 'prefix');
    for (const [field, kind] of sources) {
      const name = textAt(from, field, 'name');
      if (name === '') continue;
      const holder: Entity = { kind, namespace: entity.namespace, name };
      return Object.entries(recordAt(graph.get(kind, entity.namespace, name), 'data')).map(([key, value]): Given => ({
        name: `${prefix}${key}`,
        entity: holder,
        how: 'envFrom',
        key,
        raw: kind === 'ConfigMap' && typeof value === 'string' ? value : null,
      }));
    }
    return [];
  });
}

const sources = [
  ['configMapRef', 'ConfigMap'],
  ['secretRef', 'Secret'],
] as const;

function fromEntries(graph: EvidenceGraph, workload: Workload, spec: unknown): Given[] {
  const references = podReferences({ containers: [spec] }).filter((it) => it.how === 'env');
  const namespace = workload.entity.namespace;
  let at = 0;
  return listAt(spec, 'env').flatMap((entry): Given[] => {
    const name = textAt(entry, 'name');
    const isReference = ['configMapKeyRef', 'secretKeyRef'].some((it) => dig(entry, 'valueFrom', it) !== undefined);
    if (!isReference) {
      const literal = dig(entry, 'valueFrom') === undefined ? textAt(entry, 'value') : null;
      return [{ name, entity: workload.entity, how: 'env', key: null, raw: literal }];
    }
    const reference = references[at];
    at += 1;
    if (!reference || isLacking(graph, namespace, reference)) return [];
    const { kind, key } = reference;
    const value = recordAt(graph.get(kind, namespace, reference.name), 'data')[key ?? ''];
    const raw = kind === 'ConfigMap' && typeof value === 'string' ? value : null;
    return [{ name, entity: { kind, namespace, name: reference.name }, how: 'env', key, raw }];
  });
}

function isLacking(
  graph: EvidenceGraph,
  namespace: string | null,
  { kind, name, key, optional }: PodReference,
): boolean {
  if (!optional) return false;
  const object = graph.get(kind, namespace, name);
  if (!object) return graph.absent(kind, namespace, name) !== null;
  return key !== null && !(key in recordAt(object, 'data')) && !(key in recordAt(object, 'binaryData'));
}

function lackingOf(graph: EvidenceGraph, { entity }: Workload, spec: unknown): Lacking[] {
  return podReferences({ containers: [spec] })
    .filter((it) => isLacking(graph, entity.namespace, it))
    .map((reference) => ({
      name: reference.by,
      reference,
      entity: { kind: reference.kind, namespace: entity.namespace, name: reference.name },
      gone: graph.absent(reference.kind, entity.namespace, reference.name),
    }));
}

/** Replaces `$(NAME)` by what was set before; `$$(NAME)` is an escape. */
function expand(raw: string | null, before: ReadonlyMap<string, Variable>) {
  if (raw === null) return { value: null, unresolved: [] };
  const unresolved: string[] = [];
  let isHidden = false;
  const value = raw.replace(/\$\$\(|\$\(([A-Za-z_][\w.-]*)\)/g, (whole: string, name: string | undefined) => {
    if (name === undefined) return '$(';
    const known = before.get(name);
    if (!known) unresolved.push(name);
    if (known?.value === null) isHidden = true;
    return known?.value ?? whole;
  });
  return { value: isHidden ? null : value, unresolved };
}
