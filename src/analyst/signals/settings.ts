import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, listAt, textAt, textsAt } from '../model/fields.ts';
import { podReferences } from '../model/pod-references.ts';
import { containerSpec, type Workload } from '../model/workload.ts';

/** A place where a workload gets a value from. */
export interface Setting {
  /** The object that someone would change. */
  readonly entity: Entity;
  /** The name of the variable, or the key of the ConfigMap. */
  readonly name: string;
  readonly value: string;
  readonly from: 'env' | 'ConfigMap' | 'args';
  /** Path of the file in the container, when the value is a file of a mounted ConfigMap. */
  readonly ref: EvidenceRef | null;
}

/** Everything that a container of a workload is set up with, as far as it can be read: env, args, ConfigMaps. */
export function settingsOf(graph: EvidenceGraph, workload: Workload, containerName: string): readonly Setting[] {
  const spec = containerSpec(workload, containerName);
  const object = workload.object ?? workload.pods[0]?.object ?? null;
  const own = (name: string, value: string, from: Setting['from']): Setting => ({
    entity: workload.entity,
    name,
    value,
    from,
    ref: object ? (graph.fieldRef(object, 'value', value) ?? findIn(graph, object, value)) : null,
  });
  const out: Setting[] = [];
  for (const env of listAt(spec, 'env')) {
    const value = dig(env, 'value');
    if (typeof value === 'string') out.push(own(textAt(env, 'name'), value, 'env'));
  }
  for (const arg of [...listAt(spec, 'command'), ...listAt(spec, 'args')]) {
    if (typeof arg === 'string') out.push(own('args', arg, 'args'));
  }
  const namespace = workload.entity.namespace;
  for (const reference of podReferences(workload.template)) {
    if (reference.kind !== 'ConfigMap' || !reference.containers.includes(containerName)) continue;
    const map = graph.get('ConfigMap', namespace, reference.name);
    if (!map) continue;
    for (const [key, value] of Object.entries(textsAt(map, 'data'))) {
      if (reference.key !== null && reference.key !== key) continue;
      out.push({
        entity: { kind: 'ConfigMap', namespace, name: reference.name },
        name: key,
        value,
        from: 'ConfigMap',
        ref: graph.fieldRef(map, key, value) ?? findIn(graph, map, key),
      });
    }
  }
  return out;
}

function findIn(
  graph: EvidenceGraph,
  object: Parameters<EvidenceGraph['fieldRef']>[0],
  text: string,
): EvidenceRef | null {
  const namespace = object.metadata.namespace ?? '_cluster';
  return graph.ref(`evidence/objects/${namespace}/${object.kind}/${object.metadata.name}.json`, text);
}

/** The line of a setting that holds a text, cut to what matters: the token itself with its key when it is short. */
export function lineWith(value: string, wanted: string): string {
  const line = value.split('\n').find((it) => it.includes(wanted)) ?? '';
  return line.trim();
}
