import { parseQuantity } from '../../../kube/quantity.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { sentence } from '../../../lib/text.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, listAt, textAt } from '../../model/fields.ts';
import {
  type Consumer,
  consumers,
  type Eviction,
  findEvictions,
  isReplaced,
  lackIn,
  type Resource,
} from '../../signals/evictions.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const evictionRules: readonly Rule[] = [
  {
    id: 'evicted',
    catalogue: [101, 103],
    needs: 'an Evicted event or status; for a node that ran out, what each evicted container held',
    unless: 'the pods have their replacements and the node has room again, or the pod broke a limit of its own',
    conclude: evicted,
  },
];

function evicted({ graph, workloads }: RuleView): Conclusion[] {
  const all = findEvictions(graph, workloads);
  const newest = new Map(all.map((it) => [it.workload, it]));
  const limits = [...newest].flatMap(([workload, it]) => {
    const own = all.filter((other) => other.workload === workload);
    return isReplaced(workload, own) ? [] : (ownLimit(it) ?? []);
  });
  const shortages = new Map<string, Eviction[]>();
  for (const eviction of all) {
    const lack = isOwnLimit(eviction.message) ? null : (lackIn(eviction.message)?.resource ?? 'other');
    if (lack === null) continue;
    const key = `${eviction.pod.node} ${lack}`;
    shortages.set(key, [...(shortages.get(key) ?? []), eviction]);
  }
  return [...limits, ...[...shortages.values()].flatMap((it) => byNode(graph, it) ?? [])];
}

const emptyDirLimit = /EmptyDir volume "([^"]+)" exceeds the limit "([^"]+)"/;

const isOwnLimit = (message: string): boolean =>
  emptyDirLimit.test(message) || /(?:limit|exceeds)[^.]*ephemeral|ephemeral[^.]*(?:limit|exceeds)/i.test(message);

/** The pod broke a limit of its own. */
function ownLimit({ workload, pod, message, evidence }: Eviction): Conclusion | null {
  if (!isOwnLimit(message)) return null;
  const emptyDir = emptyDirLimit.exec(message);
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

/** Of what a node has, so much over its request makes a pod the reason for a shortage, as a share of 1. */
const leastShare = 0.05;
/** The same where the node was not read, in bytes. */
const leastExcess: Readonly<Record<Resource, number>> = { memory: 200 * 2 ** 20, storage: 2 ** 30, other: Infinity };
/** So many times what the next one held over its request. */
const leadFactor = 2;
const maxNamed = 3;

/** A node ran out: the one who held far more than it asked for is to blame, not the small ones who went with it. */
function byNode(graph: EvidenceGraph, evictions: readonly Eviction[]): Conclusion | null {
  const ranked = consumers(evictions);
  const [first, second] = ranked;
  const newest = evictions.toSorted((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0)).at(-1);
  if (!first || !newest) return null;
  const lack = lackIn(newest.message) ?? { word: 'Evicted', resource: 'other' as const };
  const shortage: Shortage = { ...lack, graph, node: newest.pod.node, newest, ranked };
  if (isOver(shortage)) return null;
  const leads = first.excess >= leadFactor * (second?.excess ?? 0) && first.excess >= least(shortage);
  return leads && first.largest !== null ? greedy(shortage, first, first.largest.text) : nodeShort(shortage);
}

interface Shortage {
  readonly graph: EvidenceGraph;
  readonly word: string;
  readonly resource: Resource;
  readonly node: string;
  readonly newest: Eviction;
  readonly ranked: readonly Consumer[];
}

function least({ graph, node, resource }: Shortage): number {
  const key = resource === 'memory' ? 'memory' : 'ephemeral-storage';
  const has = parseQuantity(textAt(graph.get('Node', null, node), 'status', 'allocatable', key));
  return resource === 'other' || has === null ? leastExcess[resource] : has * leastShare;
}

const mechanismOf = (resource: Resource): Conclusion['mechanism'] =>
  (({ memory: 'memory_pressure', storage: 'ephemeral_eviction', other: 'other' }) as const)[resource];

/** Everybody who went has a replacement, and the node has enough again. */
function isOver({ graph, node, ranked }: Shortage): boolean {
  const isPressed = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].some(
    (type) => conditionAt(graph.get('Node', null, node), type, 'True') !== undefined,
  );
  return !isPressed && ranked.every(({ workload, evictions }) => isReplaced(workload, evictions));
}

const affectedBy = ({ ranked, node }: Shortage): Entity[] => [
  ...ranked.map(({ workload }) => workload.entity),
  { kind: 'Node', namespace: null, name: node },
];

function greedy(shortage: Shortage, { workload, evictions, largest }: Consumer, text: string): Conclusion {
  const { newest, node, ranked, resource, word } = shortage;
  const small = ranked.filter((it) => it.workload !== workload);
  const own = evictions.at(-1) ?? newest;
  return conclusion('node-pressure-eviction', {
    entity: workload.entity,
    mechanism: mechanismOf(resource),
    wrongValue: text,
    statement: `${entityText(workload.entity)} used up the ${what(word)} of node ${node}: its container ${largest?.container} was using ${text}, far more than it asked for, and the node evicted ${evictions.length === 1 ? 'its pod' : `${evictions.length} of its pods`}${
      small.length === 0
        ? ''
        : ` and pods of ${small
            .slice(0, maxNamed)
            .map((it) => entityText(it.workload.entity))
            .join(', ')}`
    }.`,
    weight: 92,
    evidence: [...own.evidence, ...newest.evidence],
    affects: affectedBy(shortage),
    ruledOut: small
      .slice(0, maxNamed)
      .map((it) => `${entityText(it.workload.entity)}: ${heldText(it)}, so it went because the node was full`),
    remediation: edit(
      `Give ${workload.entity.name} ${resource === 'memory' ? 'a memory' : 'an ephemeral-storage'} request that fits what it uses, and a limit that keeps it from using up the node`,
      workload.entity,
    ),
  });
}

const heldText = ({ largest }: Consumer): string =>
  largest === null ? 'its usage is not told' : `it was using ${largest.text}`;
const what = (word: string): string => ({ MemoryPressure: 'memory', DiskPressure: 'disk' })[word] ?? word;

/** Nobody of those who were evicted stands out: then who is still on the node may. */
function nodeShort(shortage: Shortage): Conclusion {
  const { graph, newest, node, ranked, resource, word } = shortage;
  const entity = { kind: 'Node', namespace: null, name: node };
  const suspects = resource === 'memory' ? unboundedOn(shortage) : [];
  const others = suspects.length === 0 ? '' : ` Still on it without a memory limit: ${suspects.join(', ')}.`;
  return conclusion('node-pressure-eviction', {
    entity,
    mechanism: mechanismOf(resource),
    wrongValue: word,
    statement: `Node ${node} evicted pod ${newest.pod.name} of ${entityText(newest.workload.entity)}: ${sentence(newest.message.trim())} None of those it evicted held enough to be the reason.${others}`,
    weight: 92,
    confidence: 'medium',
    evidence: [...newest.evidence, graph.refIn(entity, `"type": "MemoryPressure"`)],
    affects: affectedBy(shortage),
    ruledOut: ranked
      .filter(({ largest }) => largest !== null)
      .slice(0, maxNamed)
      .map((it) => `${entityText(it.workload.entity)} as the reason of it: ${heldText(it)}`),
    remediation: step(
      `Find what uses up the ${what(word)} of ${node}`,
      `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
      'none',
    ),
  });
}

/** Pods that stayed on the node and may use all of its memory. */
function unboundedOn({ graph, node, ranked }: Shortage): string[] {
  const gone = new Set(ranked.flatMap(({ evictions }) => evictions.map((it) => it.pod.name)));
  return graph
    .all('Pod')
    .filter((pod) => textAt(pod, 'spec', 'nodeName') === node && textAt(pod, 'status', 'phase') === 'Running')
    .filter((pod) => !gone.has(pod.metadata.name) && listAt(pod, 'spec', 'containers').some(isUnbounded))
    .slice(0, maxNamed)
    .map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`);
}

const isUnbounded = (container: unknown): boolean => textAt(container, 'resources', 'limits', 'memory') === '';
