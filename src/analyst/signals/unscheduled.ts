import { parseQuantity } from '../../kube/quantity.ts';
import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf, fileOf } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, listAt, recordAt, textAt } from '../model/fields.ts';
import { matchesExpression } from '../../kube/selectors.ts';
import type { PodView, Workload } from '../model/workload.ts';

/** A pod that has no node, with the scheduler's last word about it. */
export interface Unscheduled {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly message: string;
  readonly ref: EvidenceRef | null;
}

/** The newest pod without a node of each workload. */
export function unscheduled(graph: EvidenceGraph, workloads: readonly Workload[]): readonly Unscheduled[] {
  return workloads.flatMap((workload): Unscheduled[] => {
    const pod = workload.pods.find((it) => it.phase === 'Pending' && it.node === '' && !it.deleting);
    if (!pod) return [];
    const event = graph.eventsOf(entityOf(pod.object)).findLast((it) => it.reason === 'FailedScheduling');
    const condition = conditionAt(pod.object, 'PodScheduled');
    const message = event?.message ?? textAt(condition, 'message');
    const path = fileOf(entityOf(pod.object));
    const ref = event ? graph.eventRef(event) : graph.ref(path, message);
    return [{ graph, workload, pod, message, ref }];
  });
}

/** What a pod asks for of a resource, in base units: containers together, or the greatest init container. */
export function podRequest(pod: unknown, resource: string): number {
  const of = (container: unknown): number => parseQuantity(textAt(container, 'resources', 'requests', resource)) ?? 0;
  const sum = listAt(pod, 'spec', 'containers').reduce<number>((total, it) => total + of(it), 0);
  return Math.max(sum, ...listAt(pod, 'spec', 'initContainers').map(of));
}

/** The nodes that the pod's own nodeSelector and required node affinity allow. */
export function allowedNodes(nodes: readonly KubeObject[], pod: KubeObject): readonly KubeObject[] {
  const selector = Object.entries(recordAt(pod, 'spec', 'nodeSelector'));
  const terms = listAt(
    pod,
    'spec',
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  );
  return nodes.filter((node) => {
    const labels = node.metadata.labels ?? {};
    if (!selector.every(([key, value]) => labels[key] === value)) return false;
    return terms.length === 0 || terms.some((term) => fitsTerm(term, node));
  });
}

function fitsTerm(term: unknown, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const fields = { 'metadata.name': node.metadata.name };
  return (
    listAt(term, 'matchExpressions').every((it) => matchesExpression(it, labels)) &&
    listAt(term, 'matchFields').every((it) => matchesExpression(it, fields))
  );
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** Taints of a node that keep a pod away. */
export function untolerated(node: KubeObject, pod: KubeObject): readonly Taint[] {
  const tolerations = listAt(pod, 'spec', 'tolerations');
  return listAt(node, 'spec', 'taints')
    .map((it) => ({ key: textAt(it, 'key'), value: textAt(it, 'value'), effect: textAt(it, 'effect') }))
    .filter((taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute')
    .filter((taint) => !tolerations.some((it) => tolerates(it, taint)));
}

function tolerates(toleration: unknown, taint: Taint): boolean {
  const key = textAt(toleration, 'key');
  const effect = textAt(toleration, 'effect');
  if (effect !== '' && effect !== taint.effect) return false;
  const exists = textAt(toleration, 'operator') === 'Exists';
  if (key === '') return exists;
  return key === taint.key && (exists || textAt(toleration, 'value') === taint.value);
}

/** Pods on a node that count against it. */
export function podsOn(graph: EvidenceGraph, node: string): readonly KubeObject[] {
  return graph
    .all('Pod')
    .filter((it) => textAt(it, 'spec', 'nodeName') === node)
    .filter((it) => !['Succeeded', 'Failed'].includes(textAt(it, 'status', 'phase')));
}
