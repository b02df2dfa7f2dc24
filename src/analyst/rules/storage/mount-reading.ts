import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Confidence, Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { PodView, Workload } from '../../model/workload.ts';

/** What one message about a volume means. */
interface Reading {
  readonly entity: Entity;
  readonly mechanism: Mechanism;
  readonly wrongValue: string | null;
  readonly statement: string;
  readonly weight: number;
  readonly confidence: Confidence;
  readonly ruledOut: readonly string[];
  readonly todo: string;
  readonly refs: readonly (EvidenceRef | null)[];
}

export interface Mount {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly message: string;
  /** The volume as the message names it: a PersistentVolume, or a volume of the pod. */
  readonly volume: string;
}

export type Reader = (mount: Mount) => (Partial<Reading> & Pick<Reading, 'mechanism' | 'statement' | 'todo'>) | null;

/** The claims that a pod mounts. */
export function claimsOf(graph: EvidenceGraph, pod: PodView): KubeObject[] {
  return podReferences(pod.object['spec'])
    .filter((reference) => reference.kind === 'PersistentVolumeClaim')
    .flatMap((reference) => graph.get('PersistentVolumeClaim', pod.namespace, reference.name) ?? []);
}

/** The part of a message that tells, without what wraps it. */
export function told(message: string): string {
  return message
    .replace(/^(?:MountVolume|AttachVolume|MapVolume)\.\w+ failed for volume "[^"]*" ?: /, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A message cut for a sentence. */
export const short = (message: string): string => message.slice(0, 280).replace(/[.\s]+$/, '');

export const nodeOf = (pod: PodView): Entity => ({ kind: 'Node', namespace: null, name: pod.node });

/** The PersistentVolume that a message speaks of, when it was read, else the workload. */
export function volumeOf({ graph, volume, workload, pod }: Mount): Entity {
  if (graph.get('PersistentVolume', null, volume)) return { kind: 'PersistentVolume', namespace: null, name: volume };
  const [claim] = claimsOf(graph, pod);
  const bound = textAt(claim, 'spec', 'volumeName');
  return bound !== '' && graph.get('PersistentVolume', null, bound)
    ? { kind: 'PersistentVolume', namespace: null, name: bound }
    : workload.entity;
}
