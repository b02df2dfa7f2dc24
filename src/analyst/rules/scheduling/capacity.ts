import { parseQuantity } from '../../../kube/quantity.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityKey, entityOf, entityText, rootOwner } from '../../model/entities.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { allowedNodes, podRequest, podsOn, type Unscheduled, untolerated } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';
import { devicesGone } from './devices.ts';

const ruledOut = ['taints and selectors: the node is a candidate and lacks room', 'a quota: the pod exists'];

/**
 * No node has enough left of a resource. The cause is the workload that holds an unusual share of it, when taking that
 * away would make room; else the request itself.
 */
export function capacity(waiting: Unscheduled): Conclusion | null {
  const { pod } = waiting;
  const resource = /Insufficient ([\w./-]+)/.exec(waiting.message)?.[1]?.replace(/[.,]$/, '');
  if (resource === undefined || madeRoom(waiting)) return null;
  const wanted = podRequest(pod.object, resource);
  const nodes = allowedNodes(waiting.graph.all('Node'), pod.object).filter(
    (node) => untolerated(node, pod.object).length === 0,
  );
  const gone = devicesGone(waiting, resource, nodes);
  if (gone) return gone;
  const best = nodes.toSorted((a, b) => allocatable(b, resource) - allocatable(a, resource))[0] ?? null;
  const holders = best ? holdersOn(waiting, best, resource) : [];
  const held = holders.reduce((sum, it) => sum + it.sum, 0);
  // What is held explains the lack only where it leaves too little; else not all pods of the node were seen.
  const isFull = best === null || allocatable(best, resource) - held < wanted;
  const hog = best && isFull ? biggestHolder(waiting, holders, allocatable(best, resource), wanted) : null;
  return best && hog ? heldBy(waiting, resource, best, hog) : asksTooMuch(waiting, resource, best, isFull);
}

interface Holder {
  readonly entity: Entity;
  readonly sum: number;
  readonly pod: KubeObject;
  readonly text: string;
}

function heldBy(waiting: Unscheduled, resource: string, node: KubeObject, hog: Holder): Conclusion {
  const { graph, pod, workload } = waiting;
  const text = requestText(pod.object, resource);
  const total = textAt(node, 'status', 'allocatable', resource);
  return conclusion('capacity-held', {
    entity: hog.entity,
    mechanism: 'insufficient_resources',
    wrongValue: hog.text,
    statement: `${entityText(hog.entity)} reserves ${hog.text} ${resource} on ${node.metadata.name} (allocatable ${total}), so ${entityText(workload.entity)} with its request of ${text} cannot be placed: Insufficient ${resource}.`,
    weight: 92,
    evidence: [
      waiting.ref,
      graph.fieldRef(hog.pod, resource, hog.text),
      graph.fieldRef(pod.object, resource, text),
      graph.fieldRef(node, resource, total),
    ],
    affects: [workload.entity],
    ruledOut,
    remediation: edit(
      `Lower the ${resource} request of ${hog.entity.name} or ${workload.entity.name}, or add a node`,
      hog.entity,
      'medium',
    ),
  });
}

function asksTooMuch(waiting: Unscheduled, resource: string, node: KubeObject | null, isFull: boolean): Conclusion {
  const { graph, pod, workload } = waiting;
  const text = requestText(pod.object, resource);
  const total = textAt(node, 'status', 'allocatable', resource);
  const unseen = isFull ? '' : ', and what holds it is not in the evidence';
  const nodeText = node ? `${node.metadata.name} has ${total || '0'}${unseen}` : 'no node offers it';
  return conclusion('capacity-request', {
    entity: workload.entity,
    mechanism: 'insufficient_resources',
    wrongValue: text || resource,
    statement: `${entityText(workload.entity)} requests ${text} ${resource} and no node has that free (${nodeText}): Insufficient ${resource}.`,
    weight: 90,
    confidence: isFull ? 'high' : 'medium',
    evidence: [
      waiting.ref,
      graph.refIn(entityOf(pod.object), `"${resource}": "${text}"`),
      node ? graph.fieldRef(node, resource, total) : null,
    ],
    ruledOut,
    remediation: edit(
      `Lower the ${resource} request of ${workload.entity.name}, or add nodes that offer ${text}`,
      workload.entity,
      'medium',
    ),
  });
}

/** Pods that were thrown out by others wait for room too: another rule tells why. */
const madeRoom = (waiting: Unscheduled): boolean =>
  waiting.graph.events.some(
    (event) =>
      event.reason === 'Preempted' &&
      event.objectNamespace === waiting.pod.namespace &&
      event.name.startsWith(waiting.workload.entity.name),
  );

const allocatable = (node: KubeObject, resource: string): number =>
  parseQuantity(textAt(node, 'status', 'allocatable', resource)) ?? 0;

/** What each workload holds on a node, greatest first. */
function holdersOn(waiting: Unscheduled, node: KubeObject, resource: string): Holder[] {
  const { graph } = waiting;
  const holders = new Map<string, Holder>();
  for (const pod of podsOn(graph, node.metadata.name)) {
    const request = podRequest(pod, resource);
    if (request === 0) continue;
    const entity = rootOwner(graph, pod);
    const key = entityKey(entity);
    const known = holders.get(key);
    const text = known?.text ?? requestText(pod, resource);
    holders.set(key, { entity, pod, text, sum: (known?.sum ?? 0) + request });
  }
  return [...holders.values()].sort((a, b) => b.sum - a.sum);
}

/** The owner of the greatest request on a node, when it is greater than what all the others hold together. */
function biggestHolder(waiting: Unscheduled, holders: readonly Holder[], total: number, wanted: number): Holder | null {
  const [first, ...rest] = holders.filter((it) => entityKey(it.entity) !== entityKey(waiting.workload.entity));
  if (!first || total < wanted) return null;
  const others = rest.reduce((sum, it) => sum + it.sum, 0);
  return first.sum > others && total - others >= wanted ? first : null;
}

function requestText(pod: KubeObject, resource: string): string {
  const texts = listAt(pod, 'spec', 'containers')
    .map((container) => textAt(container, 'resources', 'requests', resource))
    .filter((x) => x !== '');
  return texts.sort((a, b) => (parseQuantity(b) ?? 0) - (parseQuantity(a) ?? 0))[0] ?? '';
}

export const preemptionRules: readonly Rule[] = [
  {
    id: 'preempted',
    catalogue: [44],
    needs: 'Preempted events of a workload that lacks pods',
    unless: 'the pods went for pressure or loss of their node, or have a priority that is there to be pushed out',
    conclude: (view) => view.workloads.flatMap((workload) => preempted(view, workload)),
  },
];

/** Pods of a priority below zero, which is what others get by default, are there to be pushed out. */
const givesWay = ({ pods }: Workload): boolean =>
  pods.length > 0 && pods.every((pod) => (numberAt(pod.object, 'spec', 'priority') ?? 0) < 0);

const lacksNone = (workload: Workload): boolean =>
  givesWay(workload) || workload.pods.filter((pod) => pod.ready).length >= workload.desired;

/** Pods that were thrown off their node by others of a higher priority. */
function preempted(view: RuleView, workload: Workload): Conclusion[] {
  const { graph } = view;
  if (lacksNone(workload)) return [];
  const events = graph.events.filter((it) => it.reason === 'Preempted' && isOf(workload, it.objectNamespace, it.name));
  const event = events.at(-1);
  if (!event) return [];
  const uids = events.map((it) => /by pod ([0-9a-f-]{36})/.exec(it.message)?.[1] ?? '');
  const preemptor = graph.all('Pod').find((pod) => uids.includes(pod.metadata.uid ?? '-')) ?? null;
  const rank = priorityClass(view, preemptor);
  const by = preemptor ? rootOwner(graph, preemptor) : null;
  const value = rank.value ?? numberAt(preemptor, 'spec', 'priority');
  return [
    conclusion('preempted', {
      entity: rank.entity ?? by ?? workload.entity,
      mechanism: 'preemption',
      wrongValue: rank.entity?.name ?? String(value ?? ''),
      statement: statement(workload, by, rank, value),
      weight: 95,
      confidence: preemptor || rank.entity ? 'high' : 'medium',
      evidence: [
        graph.eventRef(event),
        rank.entity && rank.global ? graph.refIn(rank.entity, '"globalDefault": true') : null,
        rank.object ? graph.fieldRef(rank.object, 'value', value) : null,
        preemptor ? graph.fieldRef(preemptor, 'priority', numberAt(preemptor, 'spec', 'priority')) : null,
      ],
      affects: [workload.entity],
      ruledOut: 'pressure or loss of the node: the event says Preempted',
      remediation: step(
        `Give ${workload.entity.name} a priority of its own${rank.global ? `, or take globalDefault from PriorityClass ${rank.entity?.name}` : ''}`,
        rank.entity ? `kubectl get priorityclass ${rank.entity.name} -o yaml` : null,
        'medium',
      ),
    }),
  ];
}

function isOf(workload: Workload, namespace: string, pod: string): boolean {
  if (namespace !== workload.entity.namespace) return false;
  return (
    workload.pods.some((it) => it.name === pod) ||
    workload.replicaSets.some((it) => pod.startsWith(`${it.metadata.name}-`))
  );
}

interface Rank {
  readonly object: KubeObject | null;
  readonly entity: Entity | null;
  readonly global: boolean;
  readonly value: number | null;
}

/** The class of the preemptor: the one it names, else the one that all pods without a class get. */
function priorityClass({ graph }: RuleView, preemptor: KubeObject | null): Rank {
  const classes = graph.all('PriorityClass');
  const named = textAt(preemptor, 'spec', 'priorityClassName');
  const object =
    classes.find((it) => it.metadata.name === named) ??
    (named === '' ? classes.find((it) => dig(it, 'globalDefault') === true) : undefined) ??
    null;
  return {
    object,
    entity: object ? { kind: 'PriorityClass', namespace: null, name: object.metadata.name } : null,
    global: dig(object, 'globalDefault') === true,
    value: numberAt(object, 'value'),
  };
}

function statement(workload: Workload, by: Entity | null, rank: Rank, value: number | null): string {
  const names = by ? entityText(by) : 'other pods';
  const own = numberAt(workload.pods[0]?.object, 'spec', 'priority') ?? 0;
  const why = rank.entity
    ? `PriorityClass ${rank.entity.name}${rank.global ? ' is globalDefault and' : ''} gives the pods of ${names} the priority ${value}`
    : `The pods of ${names} have the priority ${value ?? '?'}`;
  return `${why}, so they push out those of ${entityText(workload.entity)} (priority ${own}).`;
}
