import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityKey } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt } from '../../model/fields.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { missingDriver, mountEvents, type MountWait } from '../../signals/mount-events.ts';
import { type Conclusion, conclusion, editCommand, type Rule, type RuleView, step } from '../rule.ts';
import { mountReaders } from './mount-messages.ts';
import { claimsOf, type Reader, told } from './mount-reading.ts';

export const mountRules: readonly Rule[] = [
  {
    id: 'mount-failed',
    catalogue: [42, 95],
    needs: 'FailedMount or FailedAttachVolume events of a pod that is not ready, or the error of a VolumeAttachment',
    unless: 'a container of the pod has started: its volumes are mounted',
    conclude: mounts,
  },
];

function mounts({ graph, workloads }: RuleView): Conclusion[] {
  return mountEvents(graph, workloads).flatMap((wait) => read(graph, wait) ?? []);
}

function read(graph: EvidenceGraph, wait: MountWait): Conclusion | null {
  const { workload, pod, events } = wait;
  if (events.some((event) => missingDriver(event.message) !== null)) return null;
  const words = [
    ...events.map((event) => ({ message: event.message, ref: graph.eventRef(event) })),
    ...attachErrors(graph, pod),
  ];
  for (const reader of mountReaders) {
    for (const { message, ref } of words) {
      const volume = /volume "([^"]+)"/.exec(message)?.[1] ?? '';
      const found = reader({ graph, workload, pod, message: told(message), volume });
      if (found) return conclude(workload, found, ref);
    }
  }
  return null;
}

/** Errors of the attachments of the pod's volumes to its node. */
function attachErrors(graph: EvidenceGraph, pod: PodView): { message: string; ref: EvidenceRef | null }[] {
  const volumes = new Set(claimsOf(graph, pod).map((claim) => textAt(claim, 'spec', 'volumeName')));
  return graph
    .all('VolumeAttachment')
    .filter((attachment) => volumes.has(textAt(attachment, 'spec', 'source', 'persistentVolumeName')))
    .flatMap((attachment) => {
      const message = textAt(attachment, 'status', 'attachError', 'message');
      return message === '' ? [] : [{ message, ref: graph.fieldRef(attachment, 'message', message) }];
    });
}

function conclude(workload: Workload, found: NonNullable<ReturnType<Reader>>, ref: EvidenceRef | null): Conclusion {
  const entity = found.entity ?? workload.entity;
  const isOnlyRead = ['Node', 'PersistentVolume', 'VolumeAttachment'].includes(entity.kind);
  return conclusion('mount-failed', {
    entity,
    mechanism: found.mechanism,
    wrongValue: found.wrongValue ?? null,
    statement: found.statement,
    weight: found.weight ?? 93,
    confidence: found.confidence ?? 'high',
    evidence: [ref, ...(found.refs ?? [])],
    affects: entityKey(entity) === entityKey(workload.entity) ? [entity] : [workload.entity],
    ruledOut: found.ruledOut ?? ['image, settings and code: no container of the pod has started'],
    remediation: step(
      found.todo,
      isOnlyRead ? `kubectl describe ${entity.kind.toLowerCase()} ${entity.name}` : editCommand(entity),
      isOnlyRead ? 'none' : 'low',
    ),
  });
}
