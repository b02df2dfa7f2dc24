import type { EvidenceRef } from '../../domain/verdict.ts';
import { textAt } from '../graph/fields.ts';
import { entityText } from '../graph/owner.ts';
import type { PodView, Workload } from '../graph/workload.ts';
import { type Conclusion, conclusion, editCommand, type Rule, type RuleView, step } from './rule.ts';

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
    if (!pod || message === '') return [];
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

function byNode({ workload, pod, message, evidence }: Eviction): Conclusion {
  const resource = /low on resource: ([\w-]+)/.exec(message)?.[1] ?? 'Evicted';
  const storage = /ephemeral|nodefs|imagefs/.test(resource) ? 'ephemeral_eviction' : 'other';
  return conclusion('node-pressure-eviction', {
    entity: { kind: 'Node', namespace: null, name: pod.node },
    mechanism: resource === 'memory' ? 'memory_pressure' : storage,
    wrongValue: resource,
    statement: `Node ${pod.node} evicted pod ${pod.name} of ${entityText(workload.entity)}: ${message.trim()}`,
    weight: 92,
    evidence,
    affects: [workload.entity],
    remediation: [step(`Find what fills ${pod.node}`, `kubectl describe node ${pod.node}`, 'none')],
  });
}
