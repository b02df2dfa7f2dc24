import type { Entity, EvidenceRef } from '../../../domain/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityKey, entityOf, entityText, rootOwner } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, parseQuantity, textAt } from '../../model/fields.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const nodeRules: readonly Rule[] = [
  {
    id: 'node-not-ready',
    catalogue: [99, 100, 104, 105, 108],
    needs: 'a node whose Ready is not True',
    conclude: notReady,
  },
  { id: 'node-pressure', catalogue: [101, 102], needs: 'a pressure condition of a node', conclude: pressure },
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
      (event) =>
        event.reason === 'Evicted' &&
        event.objectNamespace === workload.entity.namespace &&
        workload.pods.some((pod) => pod.name === event.name),
    );
    const pod =
      workload.pods.find((it) => textAt(it.object, 'status', 'reason') === 'Evicted') ??
      workload.pods.find((it) => it.name === event?.name);
    const message = event?.message ?? textAt(pod?.object, 'status', 'message');
    const old = event?.lastAt != null && graph.now - event.lastAt > 60 * 60_000;
    if (!pod || message === '' || old || isReplaced(graph, workload)) return [];
    const evidence = [
      graph.eventRef(event),
      graph.fieldRef(pod.object, 'reason', 'Evicted'),
      graph.fieldRef(pod.object, 'message', message),
    ];
    const eviction = { workload, pod, message, evidence };
    return [ownLimit(eviction) ?? byNode(eviction)];
  });
}

/** So many evictions within the hour are no single one that is over. */
const manyEvictions = 3;

/** Whether a workload has all the pods that it wants again, and was not thrown out again and again. */
function isReplaced(graph: EvidenceGraph, { object, pods, desired }: Workload): boolean {
  if (!object || desired === 0 || pods.filter((pod) => pod.ready).length < desired) return false;
  const names = new Set(pods.map((pod) => pod.name));
  const recent = graph.events.filter(
    (event) =>
      event.reason === 'Evicted' && names.has(event.name) && graph.now - (event.lastAt ?? graph.now) < 60 * 60_000,
  );
  return new Set(recent.map((event) => event.name)).size < manyEvictions;
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
    ruledOut: 'pressure of the node: the pod broke its own limit',
    remediation: edit(
      `Raise the limit of ${emptyDir ? `emptyDir ${emptyDir[1]}` : 'ephemeral-storage'}, or write less`,
      workload.entity,
    ),
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
    remediation: greedy
      ? edit(`Give ${workload.entity.name} a request that fits what it uses, or a limit`, workload.entity)
      : step(`Find what fills ${pod.node}`, `kubectl describe node ${pod.node}`, 'none'),
  });
}
