import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityKey, entityOf, rootOwner } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const nodeRules: readonly Rule[] = [
  {
    id: 'node-not-ready',
    catalogue: [99, 100, 104, 105, 108],
    needs: 'a node whose Ready is not True',
    unless: 'the node is Ready again',
    conclude: notReady,
  },
  {
    id: 'node-pressure',
    catalogue: [101, 102],
    needs: 'a pressure condition of a node',
    unless: 'the pressure is over, and nobody was evicted for it since',
    conclude: pressure,
  },
];

function notReady({ graph }: RuleView): Conclusion[] {
  return graph.all('Node').flatMap((node) => {
    const ready = conditionAt(node, 'Ready');
    if (ready === undefined || textAt(ready, 'status') === 'True') return [];
    const message = textAt(ready, 'message');
    const isNetwork = /cni|network plugin|NetworkPluginNotReady|network not ready/i.test(message);
    return [isNetwork ? networkNotReady(graph, node, message) : nodeDown(graph, node, ready)];
  });
}

function about(graph: EvidenceGraph, node: KubeObject, ready: unknown) {
  const entity = entityOf(node);
  return {
    entity,
    evidence: [
      graph.fieldRef(node, 'message', textAt(ready, 'message')),
      graph.fieldRef(node, 'reason', textAt(ready, 'reason')),
      ...graph
        .eventsOf(entity)
        .filter((it) => /NotReady/.test(it.reason))
        .map((it) => graph.eventRef(it)),
    ],
    affects: [entity, ...victims(graph, node.metadata.name)],
  };
}

function networkNotReady(graph: EvidenceGraph, node: KubeObject, message: string): Conclusion {
  const { name } = node.metadata;
  const said =
    /cni \w+ (?:not initialized|uninitialized)/.exec(message)?.[0] ?? /NetworkPluginNotReady/.exec(message)?.[0];
  return conclusion('cni-not-ready', {
    ...about(graph, node, conditionAt(node, 'Ready')),
    mechanism: 'cni_not_ready',
    wrongValue: said ?? textAt(conditionAt(node, 'Ready'), 'reason'),
    statement: `Node ${name} is NotReady because its network plugin is not initialised: ${message}`,
    weight: 96,
    ruledOut: 'a node that is down: its kubelet still reports',
    remediation: step(
      `Look at the network plugin's pods on ${name} and at /etc/cni/net.d there`,
      `kubectl get pods -A -o wide --field-selector spec.nodeName=${name}`,
      'none',
    ),
  });
}

function nodeDown(graph: EvidenceGraph, node: KubeObject, ready: unknown): Conclusion {
  const { name } = node.metadata;
  const down = textAt(ready, 'status') === 'Unknown';
  const said = textAt(ready, 'message') || textAt(ready, 'reason');
  return conclusion('node-down', {
    ...about(graph, node, ready),
    mechanism: down ? 'node_down' : 'other',
    wrongValue: textAt(ready, 'reason') || textAt(ready, 'status'),
    statement: down
      ? `Node ${name} stopped reporting (${said || 'Ready is Unknown'}); the pods on it are victims.`
      : `Node ${name} is NotReady: ${said}`,
    weight: 96,
    confidence: down ? 'high' : 'medium',
    ruledOut: down ? ['its workloads: they were well until the node went silent'] : [],
    remediation: step(`Look at the machine of ${name} and its kubelet`, `kubectl describe node ${name}`, 'none'),
  });
}

function pressure({ graph }: RuleView): Conclusion[] {
  return graph.all('Node').flatMap((node): Conclusion[] =>
    ['MemoryPressure', 'DiskPressure', 'PIDPressure'].flatMap((type): Conclusion[] => {
      const found = conditionAt(node, type);
      if (textAt(found, 'status') !== 'True') return [];
      const entity = entityOf(node);
      return [
        conclusion('node-pressure', {
          entity,
          mechanism:
            type === 'MemoryPressure' ? 'memory_pressure' : type === 'DiskPressure' ? 'ephemeral_eviction' : 'other',
          wrongValue: type,
          statement: `Node ${node.metadata.name} is under ${type}: ${textAt(found, 'message')}; it evicts pods and takes no new ones.`,
          weight: 88,
          evidence: [
            graph.refIn(entity, `"type": "${type}"`),
            graph.fieldRef(node, 'message', textAt(found, 'message')),
          ],
          affects: [entity, ...victims(graph, node.metadata.name)],
          remediation: step(
            `Find the pod on ${node.metadata.name} that uses far more than it requests`,
            `kubectl describe node ${node.metadata.name}`,
            'none',
          ),
        }),
      ];
    }),
  );
}

/** Workloads with pods that stand on a node, or wait and cannot go to it. */
function victims(graph: EvidenceGraph, node: string): Entity[] {
  const found = new Map<string, Entity>();
  for (const pod of graph.all('Pod')) {
    const on = textAt(pod, 'spec', 'nodeName');
    const phase = textAt(pod, 'status', 'phase');
    if (phase === 'Succeeded' || (on !== node && !(on === '' && phase === 'Pending'))) continue;
    if (conditionAt(pod, 'Ready', 'True') !== undefined && on === node) continue;
    const owner = rootOwner(graph, pod);
    if (owner.kind !== 'Node') found.set(entityKey(owner), owner);
  }
  return [...found.values()].slice(0, 30);
}
