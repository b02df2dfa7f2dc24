import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Confidence, Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityKey, entityText } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { says } from '../../model/lexicon.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { nodePods } from '../../signals/node-parts.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const sandboxRules: readonly Rule[] = [
  {
    id: 'sandbox-failed',
    catalogue: [86, 100],
    needs: 'FailedCreatePodSandBox events of pods that have not started on their node',
    unless: 'a container of the pod has started',
    conclude: sandboxes,
  },
];

/** A pod whose sandbox its node cannot make, with the node's newest word about it. */
interface Waiting {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly event: ClusterEvent;
}

const sandboxFailed: ReadonlySet<string> = new Set(['FailedCreatePodSandBox', 'NetworkNotReady']);

function sandboxes({ graph, workloads }: RuleView): Conclusion[] {
  const newest = new Map<string, ClusterEvent>();
  for (const event of graph.events) {
    if (sandboxFailed.has(event.reason)) newest.set(`${event.objectNamespace}/${event.name}`, event);
  }
  if (newest.size === 0) return [];
  const waiting = workloads.flatMap((workload) =>
    workload.pods.flatMap((pod): Waiting[] => {
      const event = newest.get(`${pod.namespace}/${pod.name}`);
      return event && pod.node !== '' && !pod.ready && !pod.deleting && !hasStarted(pod)
        ? [{ workload, pod, event }]
        : [];
    }),
  );
  const byNode = Map.groupBy(waiting, (one) => one.pod.node);
  return [...byNode].map(([node, pods]) => onNode(graph, node, pods));
}

const hasStarted = (pod: PodView): boolean =>
  pod.containers.some((container) => container.running || container.terminated !== null);

/** What a class of failures means: the mechanism, the words that say so, a sentence and what to do. */
interface Reading {
  readonly mechanism: Mechanism;
  readonly wrongValue: string;
  readonly why: string;
  readonly fix: string;
  readonly confidence: Confidence;
}

function onNode(graph: EvidenceGraph, node: string, waiting: readonly Waiting[]): Conclusion {
  const [first] = waiting as readonly [Waiting, ...Waiting[]];
  const message = reasonOf(first.event.message);
  const reading = read(message, node);
  const owners = [...new Map(waiting.map(({ workload: { entity } }) => [entityKey(entity), entity])).values()];
  const others = runningElsewhere(waiting);
  const plugin = pluginOf(graph, node, first.event.message);
  return conclusion('sandbox-failed', {
    entity: { kind: 'Node', namespace: null, name: node },
    mechanism: reading.mechanism,
    wrongValue: reading.wrongValue,
    statement: `${reading.why}: ${message}. ${waitingText(waiting, owners)} on ${node}${others === '' ? '' : `; ${others}`}.${plugin.text}`,
    weight: 94,
    confidence: reading.confidence,
    evidence: [
      graph.eventRef(first.event),
      graph.fieldRef(first.pod.object, 'nodeName', node),
      ...waiting.slice(1, 3).map(({ event }) => graph.eventRef(event)),
      plugin.ref,
    ],
    affects: owners,
    ruledOut: [
      'image, settings and code: no container of these pods has started',
      ...(others === '' ? [] : [`${owners.map(entityText).join(', ')}: ${others}`]),
    ],
    remediation: step(reading.fix, `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`, 'none'),
  });
}

function waitingText(waiting: readonly Waiting[], owners: readonly Entity[]): string {
  const names = owners.slice(0, 3).map(entityText).join(', ');
  return `${waiting.length} ${waiting.length === 1 ? 'pod' : 'pods'} of ${names} ${waiting.length === 1 ? 'waits' : 'wait'} without a sandbox`;
}

/** Pods of the same workloads that run: proof that the workload itself is well. */
function runningElsewhere(waiting: readonly Waiting[]): string {
  const workloads = [...new Set(waiting.map(({ workload }) => workload))];
  const ready = workloads.flatMap((workload) => workload.pods.filter((pod) => pod.ready));
  if (ready.length === 0) return '';
  const nodes = [...new Set(ready.map((pod) => pod.node))].slice(0, 4);
  return `${ready.length} other ${ready.length === 1 ? 'pod of it runs' : 'pods of it run'} on ${nodes.join(', ')}`;
}

/** The message without what wraps it and without the id of the sandbox, which is another one at every try. */
function reasonOf(message: string): string {
  return message
    .replace(/^\(combined from similar events\): /, '')
    .replace(/^Failed (?:to )?create pod sandbox: /i, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/(sandbox(?: container)?) "[0-9a-f]{16,}"(?: network)?/, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

function read(message: string, node: string): Reading {
  const plugin = /plugin type="([^"]+)"/.exec(message)?.[1] ?? null;
  const named = plugin === null ? 'network plugin' : `network plugin ${plugin}`;
  return (
    noAddress(message, node, named) ??
    notUp(message, node, named) ??
    ofRuntime(message, node) ??
    unknown(message, node, named, plugin)
  );
}

function noAddress(message: string, node: string, plugin: string): Reading | null {
  const said = says.noAddressLeft.exec(message)?.[0];
  if (said === undefined) return null;
  return {
    mechanism: 'ip_exhausted',
    wrongValue: said,
    why: `The ${plugin} of node ${node} has no free IP address for another pod`,
    fix: `Free addresses on ${node}: move or remove pods there, add a node, or give the ${plugin} more addresses (a larger subnet or pool, more or longer prefixes a node)`,
    confidence: 'high',
  };
}

function notUp(message: string, node: string, plugin: string): Reading | null {
  const binary = /failed to find plugin "([^"]+)"/.exec(message)?.[1];
  const said = binary ?? says.networkPluginDown.exec(message)?.[0];
  if (said === undefined) return null;
  return {
    mechanism: 'cni_not_ready',
    wrongValue: said,
    why:
      binary === undefined
        ? `The ${plugin} of node ${node} does not answer or is not set up`
        : `Node ${node} lacks the network plugin's program ${binary}`,
    fix: `Look at the network plugin's pod on ${node}, at /etc/cni/net.d and /opt/cni/bin there`,
    confidence: 'high',
  };
}

/** What the container runtime itself lacks: a handler, the sandbox image, room. */
function ofRuntime(message: string, node: string): Reading | null {
  const handler = /no runtime for "([^"]+)" is configured|unknown runtime handler "?([^"\s]+)/i.exec(message);
  if (handler) {
    const name = handler[1] ?? handler[2] ?? '';
    return {
      mechanism: 'dependency_missing',
      wrongValue: name,
      why: `The container runtime of node ${node} has no handler ${name}, which the pod's RuntimeClass names`,
      fix: `Install the runtime ${name} on ${node}, or give the RuntimeClass a nodeSelector for the nodes that have it`,
      confidence: 'high',
    };
  }
  const image = /failed to (?:get|pull) sandbox image "([^"]+)"/.exec(message)?.[1];
  if (image !== undefined) {
    const gone = /not found|manifest unknown/i.test(message);
    return {
      mechanism: gone ? 'image_not_found' : 'registry_unreachable',
      wrongValue: image,
      why: `Node ${node} cannot pull the sandbox image ${image}`,
      fix: `Let ${node} reach the registry of ${image}, or set the sandbox image of its container runtime to one that it can pull`,
      confidence: 'high',
    };
  }
  const room =
    /no space left on device|cannot allocate memory|too many open files|resource temporarily unavailable/i.exec(
      message,
    )?.[0];
  if (room === undefined) return null;
  return {
    mechanism: /no space/i.test(room) ? 'disk_full' : 'node_limit',
    wrongValue: room,
    why: `Node ${node} cannot make another sandbox (${room})`,
    fix: `Look at what fills ${node}: disk and inodes, memory, processes and open files`,
    confidence: 'high',
  };
}

function unknown(message: string, node: string, named: string, plugin: string | null): Reading {
  const isNetwork = plugin !== null || /network/i.test(message);
  return {
    mechanism: 'other',
    wrongValue: plugin ?? (/code = (\w+)/.exec(message)?.[1] || 'FailedCreatePodSandBox'),
    why: isNetwork
      ? `The ${named} of node ${node} fails to set up pods`
      : `The container runtime of node ${node} cannot make sandboxes`,
    fix: isNetwork
      ? `Look at the log of the ${named}'s pod on ${node}`
      : `Look at the log of the container runtime on ${node}`,
    confidence: 'medium',
  };
}

/** The network plugin's own pod on the node, when it was read: whether it runs. */
function pluginOf(graph: EvidenceGraph, node: string, message: string): { text: string; ref: EvidenceRef | null } {
  const word = /plugin type="([^"]+)"/.exec(message)?.[1]?.replace(/-?cni$/, '') ?? '';
  const found = nodePods(graph, node).find(
    ({ owner, pod }) => owner.kind === 'DaemonSet' && word.length >= 3 && `${owner.name} ${images(pod)}`.includes(word),
  );
  if (!found) return { text: '', ref: null };
  const { pod, owner } = found;
  const state = pod.ready ? 'runs and is ready there' : 'is not ready there';
  return {
    text: ` Its pod ${pod.name} (${entityText(owner)}) ${state}.`,
    ref: graph.fieldRef(pod.object, 'name', pod.name),
  };
}

const images = (pod: PodView): string => pod.containers.map((container) => container.image).join(' ');
