import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { listAt, textAt } from '../graph/fields.ts';
import { entityKey, entityOf, entityText, rootOwner } from '../graph/owner.ts';
import { parseQuantity } from '../graph/resource-quantity.ts';
import { type Conclusion, conclusion, editCommand, fileOf, step } from './rule.ts';
import { allowedNodes, podRequest, podsOn, type Unscheduled, untolerated } from './unscheduled.ts';

const ruledOut = ['taints and selectors: the node is a candidate and lacks room', 'a quota: the pod exists'];

/**
 * No node has enough left of a resource. The cause is the workload that holds an unusual share of it, when taking that
 * away would make room; else the request itself.
 */
export function capacity(it: Unscheduled): Conclusion | null {
  const resource = /Insufficient ([\w./-]+)/.exec(it.message)?.[1]?.replace(/[.,]$/, '');
  if (resource === undefined || preempted(it)) return null;
  const wanted = podRequest(it.pod.object, resource);
  const nodes = allowedNodes(it.graph.all('Node'), it.pod.object).filter(
    (node) => untolerated(node, it.pod.object).length === 0,
  );
  const best = nodes.toSorted((a, b) => allocatable(b, resource) - allocatable(a, resource))[0] ?? null;
  const hog = best && allocatable(best, resource) >= wanted ? biggestHolder(it, best, resource, wanted) : null;
  return best && hog ? heldBy(it, resource, best, hog) : asksTooMuch(it, resource, best);
}

interface Holder {
  readonly entity: Entity;
  readonly sum: number;
  readonly pod: KubeObject;
  readonly text: string;
}

function heldBy(it: Unscheduled, resource: string, node: KubeObject, hog: Holder): Conclusion {
  const text = requestText(it.pod.object, resource);
  const total = textAt(node, 'status', 'allocatable', resource);
  return conclusion('capacity-held', {
    entity: hog.entity,
    mechanism: 'insufficient_resources',
    wrongValue: hog.text,
    statement: `${entityText(hog.entity)} reserves ${hog.text} ${resource} on ${node.metadata.name} (allocatable ${total}), so ${entityText(it.workload.entity)} with its request of ${text} cannot be placed: Insufficient ${resource}.`,
    weight: 92,
    evidence: [
      it.ref,
      it.graph.fieldRef(hog.pod, resource, hog.text),
      it.graph.fieldRef(it.pod.object, resource, text),
      it.graph.fieldRef(node, resource, total),
    ],
    affects: [it.workload.entity],
    ruledOut,
    remediation: [
      step(
        `Lower the ${resource} request of ${hog.entity.name} or ${it.workload.entity.name}, or add a node`,
        editCommand(hog.entity),
        'medium',
      ),
    ],
  });
}

function asksTooMuch(it: Unscheduled, resource: string, node: KubeObject | null): Conclusion {
  const text = requestText(it.pod.object, resource);
  const total = textAt(node, 'status', 'allocatable', resource);
  const nodeText = node ? `${node.metadata.name} has ${total || '0'}` : 'no node offers it';
  return conclusion('capacity-request', {
    entity: it.workload.entity,
    mechanism: 'insufficient_resources',
    wrongValue: text || resource,
    statement: `${entityText(it.workload.entity)} requests ${text} ${resource} and no node has that free (${nodeText}): Insufficient ${resource}.`,
    weight: 90,
    evidence: [
      it.ref,
      it.graph.ref(fileOf(entityOf(it.pod.object)), `"${resource}": "${text}"`),
      node ? it.graph.fieldRef(node, resource, total) : null,
    ],
    ruledOut,
    remediation: [
      step(
        `Lower the ${resource} request of ${it.workload.entity.name}, or add nodes that offer ${text}`,
        editCommand(it.workload.entity),
        'medium',
      ),
    ],
  });
}

/** Pods that were thrown out by others wait for room too: another rule tells why. */
const preempted = (it: Unscheduled): boolean =>
  it.graph.events.some(
    (event) =>
      event.reason === 'Preempted' &&
      event.objectNamespace === it.pod.namespace &&
      event.name.startsWith(it.workload.entity.name),
  );

const allocatable = (node: KubeObject, resource: string): number =>
  parseQuantity(textAt(node, 'status', 'allocatable', resource)) ?? 0;

/** The owner of the greatest request on a node, when it is greater than what all the others hold together. */
function biggestHolder(it: Unscheduled, node: KubeObject, resource: string, wanted: number): Holder | null {
  const holders = new Map<string, Holder>();
  for (const pod of podsOn(it.graph, node.metadata.name)) {
    const request = podRequest(pod, resource);
    if (request === 0) continue;
    const entity = rootOwner(it.graph, pod);
    const key = entityKey(entity);
    const known = holders.get(key);
    const text = known?.text ?? requestText(pod, resource);
    holders.set(key, { entity, pod, text, sum: (known?.sum ?? 0) + request });
  }
  const sorted = [...holders.values()]
    .filter((x) => entityKey(x.entity) !== entityKey(it.workload.entity))
    .sort((a, b) => b.sum - a.sum);
  const [first, ...rest] = sorted;
  if (!first) return null;
  const others = rest.reduce((sum, x) => sum + x.sum, 0);
  const free = allocatable(node, resource) - others;
  return first.sum > others && free >= wanted ? first : null;
}

function requestText(pod: KubeObject, resource: string): string {
  const texts = listAt(pod, 'spec', 'containers')
    .map((container) => textAt(container, 'resources', 'requests', resource))
    .filter((x) => x !== '');
  return texts.sort((a, b) => (parseQuantity(b) ?? 0) - (parseQuantity(a) ?? 0))[0] ?? '';
}
