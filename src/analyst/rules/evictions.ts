import type { EvidenceRef } from '../../domain/verdict.ts';
import { textAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import type { PodView, Workload } from '../graph/workload.ts';
import { type Conclusion, conclusion, editCommand, type Rule, type RuleView, step } from './rule.ts';

import { parseQuantity } from '../graph/resource-quantity.ts';

export const evictionRules: readonly Rule[] = [
  { id: 'evicted', catalogue: [101, 103], needs: 'an Evicted event or status', conclude: evictions },
];

interface Eviction {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly message: string;
  readonly evidence: readonly (EvidenceRef | null)[];
}

/** Pods that the kubelet threw out; the event survives where the pod's status does not say so. */
function evictions({ graph, workloads }: RuleView): Conclusion[] {
  return workloads.flatMap((workload): Conclusion[] => {
    const event = graph.events.findLast(
      (it) =>
        it.reason === 'Evicted' &&
        it.objectNamespace === workload.entity.namespace &&
        workload.pods.some((pod) => pod.name === it.name),
    );
    const pod =
      workload.pods.find((it) => textAt(it.object, 'status', 'reason') === 'Evicted') ??
      workload.pods.find((it) => it.name === event?.name);
    const message = event?.message ?? textAt(pod?.object, 'status', 'message');
    const old = event?.lastAt != null && graph.now - event.lastAt > 60 * 60_000;
    if (!pod || message === '' || old) return [];
    const evidence = [
      event ? graph.ref(event.path, event.message) : null,
      graph.fieldRef(pod.object, 'reason', 'Evicted'),
      graph.fieldRef(pod.object, 'message', message),
    ];
    const eviction = { workload, pod, message, evidence };
    return [ownLimit(eviction) ?? byNode(eviction)];
  });
}

/** The pod broke a limit of its own. */
function ownLimit({ workload, pod, message, evidence }: Eviction): Conclusion | null {
  const emptyDir = /EmptyDir volume "([^"]+)" exceeds the limit "([^"]+)"/.exec(message);
  if (!emptyDir && !/(?:limit|exceeds)[^.]*ephemeral|ephemeral[^.]*(?:limit|exceeds)/i.test(message)) return null;
  const total = /limit (?:of containers |of )?"?([\d.]+[A-Za-z]*)/.exec(message)?.[1];
  return conclusion('ephemeral-eviction', {
    entity: workload.entity,
    mechanism: 'ephemeral_eviction',
    wrongValue: emptyDir?.[2] ?? total ?? 'ephemeral-storage',
    statement: `Pod ${pod.name} of ${entityText(workload.entity)} was evicted: ${message.trim()}`,
    weight: 93,
    evidence,
    ruledOut: ['pressure of the node: the pod broke its own limit'],
    remediation: [
      step(
        `Raise the limit of ${emptyDir ? `emptyDir ${emptyDir[1]}` : 'ephemeral-storage'}, or write less`,
        editCommand(workload.entity),
        'low',
      ),
    ],
  });
}

/** The node ran out; a container that uses far more than it requested is to blame, else the node. */
function byNode({ workload, pod, message, evidence }: Eviction): Conclusion {
  const resource = /low on resource: ([\w-]+)/.exec(message)?.[1] ?? 'Evicted';
  const storage = /ephemeral|nodefs|imagefs/.test(resource) ? 'ephemeral_eviction' : 'other';
  const usage = /Container (\S+) was using (\w+), request is (\w+)/.exec(message);
  const used = parseQuantity(usage?.[2]) ?? 0;
  const greedy = used > 0 && used > 3 * (parseQuantity(usage?.[3]) ?? Infinity);
  return conclusion('node-pressure-eviction', {
    entity: greedy ? workload.entity : { kind: 'Node', namespace: null, name: pod.node },
    mechanism: resource === 'memory' ? 'memory_pressure' : storage,
    wrongValue: greedy ? (usage?.[2] ?? resource) : resource,
    statement: `Node ${pod.node} evicted pod ${pod.name} of ${entityText(workload.entity)}: ${message.trim()}`,
    weight: 92,
    evidence,
    affects: [workload.entity, { kind: 'Node', namespace: null, name: pod.node }],
    ruledOut: greedy ? ['the other pods of the node: this one used far more than it asked for'] : [],
    remediation: [
      greedy
        ? step(
            `Give ${workload.entity.name} a request that fits what it uses, or a limit`,
            editCommand(workload.entity),
            'low',
          )
        : step(`Find what fills ${pod.node}`, `kubectl describe node ${pod.node}`, 'none'),
    ],
  });
}
