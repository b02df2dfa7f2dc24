import { holdsRoomFree } from '../../kube/by-design.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, numberAt, textAt } from '../model/fields.ts';
import type { Workload } from '../model/workload.ts';
import { authorOf, authorText, purposeOf } from '../signals/purpose.ts';
import type { Reason } from './idle.ts';

/* Workloads that somebody or something holds back: paused, updated by hand, or there only to hold room free. */

/** A paused Deployment whose pods all serve: nothing waits to be rolled out, or an annotation says why it waits. */
export function pausedOnPurpose(graph: EvidenceGraph, { entity, object, desired }: Workload): Reason | null {
  if (!object || entity.kind !== 'Deployment' || dig(object, 'spec', 'paused') !== true) return null;
  const count = (field: string): number => numberAt(object, 'status', field) ?? 0;
  if (desired === 0 || count('readyReplicas') < desired) return null;
  const isSeen = (numberAt(object, 'status', 'observedGeneration') ?? 0) >= (object.metadata.generation ?? 0);
  const isUpToDate = isSeen && count('updatedReplicas') >= desired;
  const purpose = purposeOf(graph, object);
  if (!isUpToDate && !purpose) return null;
  const author = authorText(authorOf(object, 'paused'));
  const why = purpose ? `paused on purpose (${purpose.text}${author})` : `paused${author}`;
  const rest = isUpToDate ? 'no change waits to be rolled out' : 'a change waits until it is resumed';
  return {
    why: `it is ${why}; ${count('readyReplicas')} of ${desired} ready, ${rest}`,
    proof: [
      purpose?.ref ?? null,
      graph.refIn(entity, '"paused": true'),
      graph.fieldRef(object, 'readyReplicas', desired),
    ],
  };
}

/** Pods that do nothing but hold room free for others, by a priority below zero: they wait while others need the room. */
export function holdsRoom(graph: EvidenceGraph, { pods }: Workload): Reason | null {
  const waiting = pods.filter((pod) => !pod.ready && !pod.deleting);
  const [first] = waiting;
  if (!first) return null;
  if (!waiting.every((pod) => pod.node === '' && holdsRoomFree(pod.object))) return null;
  const priority = numberAt(first.object, 'spec', 'priority');
  const [container] = first.containers;
  return {
    why: `its pods only hold room free for others (image ${container?.image}, priority ${priority}); ${waiting.length} of them wait because others use the room`,
    proof: [
      graph.fieldRef(first.object, 'priority', priority),
      container ? graph.fieldRef(first.object, 'image', container.image) : null,
    ],
  };
}

/** Whether a controller leaves old pods until somebody deletes them. */
export const updatesByHand = ({ object }: Workload): boolean =>
  textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
