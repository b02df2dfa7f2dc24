import { parseQuantity } from '../../../kube/quantity.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, recordAt, textAt } from '../../model/fields.ts';
import { allowedNodes, podsOn, type Unscheduled, untolerated } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, edit, step } from '../rule.ts';

export function nodeChoice(waiting: Unscheduled): Conclusion | null {
  const { graph, message, pod, workload } = waiting;
  if (!/didn't match Pod's node affinity\/selector|didn't satisfy plugin/.test(message)) return null;
  const nodes = graph.all('Node');
  if (nodes.length > 0 && allowedNodes(nodes, pod.object).length > 0) return null;
  if (nodes.length === 0 && /untolerated|Insufficient|unschedulable/.test(message)) return null;
  const pairs = Object.entries(recordAt(pod.object, 'spec', 'nodeSelector')).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  for (const term of listAt(pod.object, 'spec', 'affinity', 'nodeAffinity', required, 'nodeSelectorTerms')) {
    for (const rule of listAt(term, 'matchExpressions')) {
      pairs.push({ key: textAt(rule, 'key'), value: listAt(rule, 'values').map(String).join(' or ') });
    }
  }
  const wrong =
    pairs.find(
      ({ key, value }) => !nodes.some((node) => value.split(' or ').includes(node.metadata.labels?.[key] ?? '')),
    ) ?? pairs[0];
  if (!wrong) return null;
  const has = nodes.map((node) => node.metadata.labels?.[wrong.key]).filter((value) => value !== undefined);
  return conclusion('node-selector', {
    entity: workload.entity,
    mechanism: 'node_selector',
    // Only one value stands in the pod as it is here.
    wrongValue: wrong.value === '' || wrong.value.includes(' or ') ? wrong.key : wrong.value,
    statement: `${entityText(workload.entity)} wants nodes with ${wrong.key}=${wrong.value}, and no node has that (${has.length === 0 ? `no node has the label ${wrong.key}` : `${wrong.key} is ${[...new Set(has)].join(', ')}`}).`,
    weight: 92,
    evidence: [
      waiting.ref,
      graph.refIn(entityOf(pod.object), `"${wrong.key}": "${wrong.value}"`) ??
        graph.refIn(entityOf(pod.object), wrong.key),
    ],
    ruledOut: 'free capacity: no node is a candidate at all',
    remediation: edit(
      `Correct the node selector of ${workload.entity.name}, or label a node ${wrong.key}=${wrong.value}`,
      workload.entity,
    ),
  });
}

export function taints(waiting: Unscheduled): Conclusion | null {
  const { graph, message, pod, workload } = waiting;
  if (!/untolerated taint|taint\(s\)/.test(message)) return null;
  const nodes = graph.all('Node');
  const allowed = allowedNodes(nodes, pod.object);
  const candidates = allowed.length > 0 ? allowed : nodes;
  const blocked = candidates
    .map((node) => ({ node, taints: untolerated(node, pod.object) }))
    .filter((x) => x.taints.length > 0);
  const own = blocked.find((x) => x.taints.some((taint) => !taint.key.startsWith('node.kubernetes.io/')));
  const first = own ?? blocked[0];
  if (!first) return null;
  const taint = first.taints.find((entry) => !entry.key.startsWith('node.kubernetes.io/')) ?? first.taints[0];
  if (!taint) return null;
  const text = `${taint.key}${taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}`;
  const names = blocked
    .filter((x) => x.taints.some((entry) => entry.key === taint.key))
    .map((x) => x.node.metadata.name);
  const nodePath = `evidence/objects/_cluster/Node/${first.node.metadata.name}.json`;
  if (!own) return nodeTaint(waiting, first.node.metadata.name, taint.key, names);
  return conclusion('taint', {
    entity: workload.entity,
    mechanism: 'taint',
    wrongValue: taint.key,
    statement: `${names.join(' and ')} carry the taint ${text}, and ${entityText(workload.entity)}${candidates.length < nodes.length ? ', which is bound to them by its node selector,' : ''} has no toleration for it.`,
    weight: 91,
    evidence: [waiting.ref, graph.ref(nodePath, `"key": "${taint.key}"`)],
    ruledOut: /Insufficient/.test(message) ? [] : ['free capacity: the message names none'],
    remediation: edit(
      `Add a toleration for ${text} to ${workload.entity.name}, or take the taint off`,
      workload.entity,
    ),
  });
}

export function cordoned(waiting: Unscheduled): Conclusion | null {
  if (!/were unschedulable/.test(waiting.message)) return null;
  const nodes = allowedNodes(waiting.graph.all('Node'), waiting.pod.object);
  const node = nodes.find((entry) => recordAt(entry, 'spec')['unschedulable'] === true);
  return node ? nodeTaint(waiting, node.metadata.name, 'node.kubernetes.io/unschedulable', [node.metadata.name]) : null;
}

export function podLimit(waiting: Unscheduled): Conclusion | null {
  const { graph, workload } = waiting;
  if (!/Too many pods/.test(waiting.message)) return null;
  const nodes = allowedNodes(graph.all('Node'), waiting.pod.object);
  const full =
    nodes.find(
      (node) =>
        podsOn(graph, node.metadata.name).length >=
        (parseQuantity(textAt(node, 'status', 'allocatable', 'pods')) ?? Infinity),
    ) ?? nodes[0];
  const limit = textAt(full, 'status', 'allocatable', 'pods');
  return conclusion('node-pod-limit', {
    entity: full ? entityOf(full) : workload.entity,
    mechanism: 'node_pod_limit',
    wrongValue: limit || null,
    statement: `${full?.metadata.name ?? 'Every node'} is at its limit of ${limit || '?'} pods, so ${entityText(workload.entity)} cannot be placed: Too many pods.`,
    weight: 92,
    evidence: [waiting.ref, full ? graph.fieldRef(full, 'pods', limit) : null],
    affects: [workload.entity],
    remediation: step('Move pods to other nodes, add a node, or raise maxPods of the kubelet', null, 'medium'),
  });
}

/** A taint that the control plane sets itself: the node is the fault, the pod its victim. */
function nodeTaint(waiting: Unscheduled, node: string, key: string, names: readonly string[]): Conclusion | null {
  const { graph, workload } = waiting;
  const entity: Entity = { kind: 'Node', namespace: null, name: node };
  const path = `evidence/objects/_cluster/Node/${node}.json`;
  const mechanism = key.endsWith('unschedulable')
    ? 'cordoned'
    : key.endsWith('memory-pressure')
      ? 'memory_pressure'
      : null;
  if (mechanism === null) return null;
  return conclusion(`node-${mechanism.replace('_', '-')}`, {
    entity,
    mechanism,
    wrongValue: mechanism === 'cordoned' ? 'unschedulable' : key,
    statement:
      mechanism === 'cordoned'
        ? `${names.join(', ')} is cordoned (spec.unschedulable), and ${entityText(workload.entity)} has no other node.`
        : `${names.join(', ')} has the taint ${key}, so ${entityText(workload.entity)} cannot be placed.`,
    weight: 91,
    evidence: [waiting.ref, graph.ref(path, `"key": "${key}"`), graph.ref(path, '"unschedulable": true')],
    affects: [entity, workload.entity],
    remediation:
      mechanism === 'cordoned'
        ? [step(`Uncordon ${node} when its maintenance is over`, `kubectl uncordon ${node}`, 'low')]
        : [],
  });
}
