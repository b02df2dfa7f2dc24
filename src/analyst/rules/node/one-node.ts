import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import type { PodView } from '../../model/workload.ts';
import { type Confinement, confinement } from '../../signals/across-pods.ts';
import { failureOf } from '../../signals/calls.ts';
import { type NodePod, nodePods } from '../../signals/node-parts.ts';
import { reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const oneNodeRules: readonly Rule[] = [
  {
    id: 'one-node',
    catalogue: [87, 88, 105],
    needs: 'pods of one revision that fail on one node only, and are ready on others',
    unless: 'pods of the same revision fail on other nodes too, or none is ready elsewhere',
    conclude: oneNode,
  },
];

/** A workload that fails on one node only, in one way. */
interface Failing extends Confinement {
  readonly troubles: readonly Trouble[];
  /** How its calls fail, `unready` when it only is not ready, else empty: it ends for a reason of its own. */
  readonly how: string;
}

function oneNode({ graph, workloads, troubles }: RuleView): Conclusion[] {
  const byPod = Map.groupBy(troubles, (one) => one.pod.object);
  const failing = workloads.flatMap((workload): Failing[] => {
    const found = confinement(graph, workload, (pod) => !pod.ready || byPod.has(pod.object));
    if (!found) return [];
    const own = found.failing.flatMap((pod) => byPod.get(pod.object) ?? []);
    return isProven(graph, found, own) ? [{ ...found, troubles: own, how: howOf(own) }] : [];
  });
  return [...Map.groupBy(failing, (one) => one.node)].flatMap(([node, all]) => onNode(graph, node, all) ?? []);
}

/** A pod that only logs errors is ready, and so is one that does: then the log of a good one has to tell them apart. */
function isProven(graph: EvidenceGraph, { well, failing }: Confinement, troubles: readonly Trouble[]): boolean {
  if (failing.some((pod) => !pod.ready) || troubles.some((it) => it.kind !== 'errors')) return true;
  return well.some((pod) => graph.logsOf(pod.namespace, pod.name).length > 0);
}

function howOf(troubles: readonly Trouble[]): string {
  if (troubles.length === 0) return 'unready';
  return troubles.map((it) => failureOf(it.reason?.text ?? '')).find((it) => it !== null) ?? '';
}

/** Of one workload so many pods have to fail, and to be well elsewhere, before its node is suspected. */
const leastPods = 2;

function onNode(graph: EvidenceGraph, node: string, all: readonly Failing[]): Conclusion | null {
  const alike = [...Map.groupBy(all, (one) => one.how).values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  const [first] = alike;
  if (!first) return null;
  const several = alike.length > 1 && first.how !== '';
  if (!several && !tellsAlone(first)) return null;
  const meant = several ? alike : [first];
  const agent = agentOf(graph, node);
  const well = meant.flatMap((one) => one.well);
  const names = meant.slice(0, 4).map((one) => entityText(one.workload.entity));
  const said = meant.flatMap((one) => one.troubles)[0] ?? null;
  const elsewhere = `${well.length} ${well.length === 1 ? 'pod' : 'pods'} of the same revision ${well.length === 1 ? 'is' : 'are'} ready on ${nodesOf(well)}`;
  const entity: Entity = { kind: 'Node', namespace: null, name: node };
  return conclusion('one-node', {
    entity,
    mechanism: 'other',
    wrongValue: agent === null ? node : agent.pod.name,
    statement: `${names.join(', ')} ${names.length === 1 ? 'fails' : 'fail'} on node ${node} only; ${elsewhere}, so something of that node differs.${agentText(agent)}${said?.reason ? ` There it says: ${said.reason.text}` : ''}`,
    // What ends for a reason of its own may be explained better by that.
    weight: first.how === '' ? 60 : 90,
    confidence: 'medium',
    evidence: [
      ...meant.slice(0, 2).flatMap((one) => one.troubles.slice(0, 1).map((it) => reasonRef(graph, it))),
      ...first.failing.slice(0, 1).map((pod) => graph.fieldRef(pod.object, 'nodeName', node)),
      ...well.slice(0, 2).map((pod) => graph.fieldRef(pod.object, 'nodeName', pod.node)),
      agent ? graph.refIn(entityOf(agent.pod.object), '"ready": false') : null,
    ],
    affects: [...meant.map((one) => one.workload.entity), entity],
    ruledOut: [`the image and the settings of ${names.join(', ')}: ${elsewhere}`],
    remediation: step(
      `Compare node ${node} with the others: its network and DNS agents, kernel, disk and clock; until then keep new pods away from it (kubectl cordon ${node})`,
      `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
      'none',
    ),
  });
}

/** One workload alone tells of its node when several pods agree; a DaemonSet has one on each, a StatefulSet differs by volume. */
function tellsAlone({ workload, failing, well }: Failing): boolean {
  if (well.length < leastPods || workload.entity.kind === 'StatefulSet') return false;
  return workload.entity.kind === 'DaemonSet' || failing.length >= leastPods;
}

/** A pod of the node's own that is not ready there. */
function agentOf(graph: EvidenceGraph, node: string): NodePod | null {
  const found = nodePods(graph, node).find(
    ({ owner, pod }) => owner.kind === 'DaemonSet' && owner.namespace === 'kube-system' && !pod.ready && !pod.deleting,
  );
  return found ?? null;
}

function agentText(agent: NodePod | null): string {
  if (agent === null) return '';
  const waits = agent.pod.containers.map((it) => it.waitingReason).find((it) => it !== '');
  return ` On it pod ${agent.pod.name} of ${entityText(agent.owner)} is not ready${waits === undefined ? '' : ` (${waits})`}.`;
}

const nodesOf = (pods: readonly PodView[]): string => [...new Set(pods.map((pod) => pod.node))].slice(0, 4).join(', ');
