import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesSelector } from '../../../kube/selectors.ts';
import { entityOf, rootOwner } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, dig, numberAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, edit, type Rule } from '../rule.ts';

export const disruptionRules: readonly Rule[] = [
  {
    id: 'pdb',
    catalogue: [64],
    needs: 'a PodDisruptionBudget that covers pods and allows no disruption, and the nodes that are to be drained',
    unless: 'the budget allows a disruption, or nothing asks for one',
    conclude: ({ graph }) =>
      graph.all('PodDisruptionBudget').flatMap((budget) => {
        const covered = coveredBy(graph, budget);
        return tight(graph, covered) ?? unhealthy(graph, covered) ?? [];
      }),
  },
  {
    id: 'pdb-overlap',
    catalogue: [64],
    needs: 'two PodDisruptionBudgets that select the same pod, and an eviction of it',
    unless: 'only one budget selects the pod',
    conclude: ({ graph }) => overlaps(graph),
  },
];

interface Covered {
  readonly budget: KubeObject;
  readonly pods: readonly KubeObject[];
  readonly expected: number;
  readonly healthy: number;
  /** Cordoned nodes on which a pod of it runs. */
  readonly draining: readonly KubeObject[];
  /** The last word of somebody who was not allowed to evict one of its pods. */
  readonly refused: ClusterEvent | undefined;
  readonly field: 'minAvailable' | 'maxUnavailable';
}

const refusal = /disruption budget|Cannot evict|PodDisruptionBudget|pdb \S+ prevents/i;

function coveredBy(graph: EvidenceGraph, budget: KubeObject): Covered {
  const pods = podsOf(graph, budget);
  const nodes = new Set(pods.map((pod) => textAt(pod, 'spec', 'nodeName')));
  const names = new Set(pods.map((pod) => pod.metadata.name));
  return {
    budget,
    pods,
    expected: numberAt(budget, 'status', 'expectedPods') ?? 0,
    healthy: numberAt(budget, 'status', 'currentHealthy') ?? 0,
    draining: graph
      .all('Node')
      .filter((node) => textAt(node, 'spec', 'unschedulable') === 'true' && nodes.has(node.metadata.name)),
    refused: graph.events.findLast(
      (event) =>
        refusal.test(event.message) &&
        (names.has(event.name) || nodes.has(event.name) || event.message.includes(budget.metadata.name)),
    ),
    field: textAt(budget, 'spec', 'minAvailable') === '' ? 'maxUnavailable' : 'minAvailable',
  };
}

const podsOf = (graph: EvidenceGraph, budget: KubeObject): readonly KubeObject[] =>
  graph
    .all('Pod', budget.metadata.namespace ?? null)
    .filter((pod) => matchesSelector(dig(budget, 'spec', 'selector'), pod.metadata.labels ?? {}));

/** All pods are healthy, and the budget lets none of them go. */
function tight(graph: EvidenceGraph, covered: Covered): Conclusion | null {
  const { budget, pods, expected, healthy, draining, refused, field } = covered;
  if (expected === 0 || (numberAt(budget, 'status', 'disruptionsAllowed') ?? 0) > 0 || healthy < expected) return null;
  const value = textAt(budget, 'spec', field);
  const isAsked = draining.length > 0 || refused !== undefined;
  const entity = entityOf(budget);
  return conclusion('pdb-blocks', {
    entity,
    mechanism: 'pdb_blocks',
    wrongValue: value,
    statement: `PodDisruptionBudget ${entity.name} allows no disruption (${field} ${value}, ${healthy} of ${expected} pods healthy)${draining.length > 0 ? `, so ${draining.map((node) => node.metadata.name).join(', ')} cannot be drained` : ', so no pod of it can be evicted'}.`,
    weight: isAsked ? 92 : 84,
    evidence: [...budgetRefs(graph, covered), ...drainRefs(graph, covered)],
    affects: [entity, ...draining.map(entityOf), ...(isAsked ? pods.map((pod) => rootOwner(graph, pod)) : [])],
    ruledOut: `the pods: ${healthy} of ${expected} are healthy`,
    remediation: edit(
      `Run more replicas than PodDisruptionBudget ${entity.name} wants, or loosen ${field} (maxUnavailable 1)`,
      entity,
      'medium',
    ),
  });
}

/** Some pods are not healthy: then none may go, by default not even those; what ails them is the deeper cause. */
function unhealthy(graph: EvidenceGraph, covered: Covered): Conclusion | null {
  const { budget, pods, expected, healthy, draining, field, refused } = covered;
  const policy = textAt(budget, 'spec', 'unhealthyPodEvictionPolicy') || 'IfHealthyBudget';
  const bad = pods.filter((pod) => conditionAt(pod, 'Ready', 'True') === undefined);
  const isAsked = draining.length > 0 || refused !== undefined;
  if (!isAsked || expected === 0 || healthy >= expected || policy === 'AlwaysAllow') return null;
  if ((numberAt(budget, 'status', 'disruptionsAllowed') ?? 0) > 0) return null;
  const entity = entityOf(budget);
  return conclusion('pdb-unhealthy', {
    entity,
    mechanism: 'pdb_blocks',
    wrongValue: textAt(budget, 'spec', field),
    statement: `PodDisruptionBudget ${entity.name} (${field} ${textAt(budget, 'spec', field)}) lets no pod go while only ${healthy} of ${expected} are healthy, not even ${bad[0]?.metadata.name ?? 'those that are not ready'}: its unhealthyPodEvictionPolicy is ${policy}${draining.length > 0 ? `, so ${draining.map((node) => node.metadata.name).join(', ')} cannot be drained` : ''}.`,
    weight: 86,
    confidence: 'medium',
    evidence: [
      ...budgetRefs(graph, covered),
      graph.fieldRef(budget, 'currentHealthy', healthy),
      ...drainRefs(graph, covered),
    ],
    affects: [entity, ...draining.map(entityOf)],
    remediation: edit(
      `Mend the pods that are not ready; to let them go all the same, set unhealthyPodEvictionPolicy of ${entity.name} to AlwaysAllow`,
      entity,
      'medium',
    ),
  });
}

const budgetRefs = (graph: EvidenceGraph, { budget, field }: Covered) => [
  graph.fieldRef(budget, 'disruptionsAllowed', 0),
  graph.fieldRef(budget, field, dig(budget, 'spec', field)),
];

const drainRefs = (graph: EvidenceGraph, { refused, draining }: Covered) => [
  graph.eventRef(refused),
  ...draining.slice(0, 1).map((node) => graph.refIn(entityOf(node), '"unschedulable": true')),
];

const maxBudgets = 50;

/** The eviction API refuses a pod that two budgets select, whatever they allow. */
function overlaps(graph: EvidenceGraph): Conclusion[] {
  const budgets = graph
    .all('PodDisruptionBudget')
    .slice(0, maxBudgets)
    .map((budget) => coveredBy(graph, budget));
  return budgets.flatMap((one, at) => {
    const names = new Set(one.pods.map((pod) => pod.metadata.name));
    const other = budgets
      .slice(at + 1)
      .find(
        ({ budget, pods }) =>
          budget.metadata.namespace === one.budget.metadata.namespace &&
          pods.some((pod) => names.has(pod.metadata.name)),
      );
    const said = graph.events.findLast(({ message }) => /more than one PodDisruptionBudget/i.test(message));
    const draining = [...one.draining, ...(other?.draining ?? [])];
    if (!other || (!said && draining.length === 0)) return [];
    // The broader one is the one too many.
    const [broad, narrow] =
      one.pods.length >= other.pods.length ? [one.budget, other.budget] : [other.budget, one.budget];
    const entity = entityOf(broad);
    return [
      conclusion('pdb-overlap', {
        entity,
        mechanism: 'pdb_blocks',
        wrongValue: entity.name,
        statement: `PodDisruptionBudgets ${broad.metadata.name} and ${narrow.metadata.name} both select the same pods, and the eviction API takes no pod that has two: ${draining[0] ? `${draining[0].metadata.name} cannot be drained` : 'they cannot be evicted'}.`,
        weight: 94,
        confidence: said ? 'high' : 'medium',
        evidence: [
          graph.eventRef(said),
          graph.refIn(entity, '"selector"'),
          graph.refIn(entityOf(narrow), '"selector"'),
          ...draining.slice(0, 1).map((node) => graph.refIn(entityOf(node), '"unschedulable": true')),
        ],
        affects: [entity, entityOf(narrow), ...draining.map(entityOf)],
        remediation: edit(`Narrow the selector of ${broad.metadata.name}, so that each pod has one budget`, entity),
      }),
    ];
  });
}
