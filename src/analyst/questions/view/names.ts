import { distance } from 'fastest-levenshtein';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { longestQuestion } from '../../../domain/question.ts';
import { kindNamed } from '../../../kube/kinds.ts';
import { entityKey, entityOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import type { Workload } from '../../model/workload.ts';
import { isCommonWord } from './intents.ts';

/** What a question names of the evidence. */
export interface Named {
  readonly entities: readonly Entity[];
  /** Names of containers. */
  readonly containers: readonly string[];
  /** Words that look like a name and are none of the evidence. */
  readonly unknown: readonly string[];
}

export const nobody: Named = { entities: [], containers: [], unknown: [] };

const maxWords = 60;
const maxFound = 20;
/** Names of more objects than these are not compared letter by letter. */
const maxCompared = 3000;

/**
 * The objects and containers of the evidence that a question names: whole, by the beginning of a name, by the end of a pod's, or
 * with a mistake in typing. The surest way for each word counts. `own`: the workloads of the incident.
 */
export function namesIn(
  question: string,
  graph: EvidenceGraph,
  { all, own }: { readonly all: readonly Workload[]; readonly own: readonly Workload[] },
): Named {
  const known = knownNames(graph, all);
  const near = new Set(containerNames(own));
  const entities = new Map<string, Entity>();
  const containers = new Set<string>();
  const unknown: string[] = [];
  for (const word of wordsOf(question)) {
    // Most containers are called as their workload is: of the incident's own, the container is meant.
    const found = near.has(word.name) && word.kind === null ? [] : lookUp(word, known.entities);
    for (const entity of found.slice(0, maxFound)) entities.set(entityKey(entity), entity);
    const container = found.length > 0 ? undefined : containerNamed(word.name, known.containers);
    if (container !== undefined) containers.add(container);
    else if (found.length === 0 && looksLikeName(word)) unknown.push(word.name);
  }
  return { entities: [...entities.values()].slice(0, maxFound), containers: [...containers], unknown };
}

interface Word {
  readonly name: string;
  /** Of `kind/name`, or of the word before. */
  readonly kind: string | null;
}

function wordsOf(question: string): readonly Word[] {
  const all = question
    .slice(0, longestQuestion)
    .toLowerCase()
    .split(/[^\p{L}\p{N}./:_-]+/u)
    .map((word) => word.replace(/^[./:_-]+|[./:_-]+$/g, ''))
    .filter((word) => word !== '')
    .slice(0, maxWords);
  return all.flatMap((word, at): Word[] => {
    const parts = word.split('/');
    const name = parts.at(-1) ?? '';
    const kind = parts.length > 1 ? kindOf(parts[0] ?? '') : kindBefore(all[at - 1] ?? '', name);
    // `deploy/shop/cart`, and `shop/cart`: the last is the name.
    // Names of objects have no underscore, those of variables have.
    if (name.length < 3 || name.includes('_') || (isCommonWord(name) && kind === null) || kindOf(name) !== null)
      return [];
    return [{ name, kind: kind ?? (parts.length > 1 ? '' : null) }];
  });
}

const kindOf = (word: string): string | null => (word === '' ? null : (kindNamed(word)?.kind ?? null));

/** How objects are: what stands behind a kind and is no name (`is the node full`, `why does the pod crash`). */
const states = new Set(
  (
    'full crash crashes fail fails die dies dead run runs slow pending evicted ready unready available unavailable ' +
    'reachable unreachable healthy unhealthy broken restart restarts reboot reboots drained cordoned stuck missing ' +
    'unschedulable overloaded hang hangs hung exist exists respond responds start starts stop stops stopped exit exits ' +
    'wait waits throttled oom alive red green yellow okay fine bad wrong empty big small enough rollout selector name ' +
    'count number status state spec yaml template label limit limits policy quota class level pressure use uses used have need needs want take takes point points serve serves send sends work works'
  ).split(' '),
);

/** The kind that the word before says, where this word can be a name: not `pods keep crashing`. */
function kindBefore(before: string, name: string): string | null {
  const facts = before === '' ? null : kindNamed(before);
  const isName =
    /[-\d]/.test(name) || !(states.has(name) || isCommonWord(name) || /(?:ed|ing|able|ible|ly)$/.test(name));
  return facts !== null && facts.plural !== before && isName ? facts.kind : null;
}

interface Known {
  readonly entities: ReadonlyMap<string, readonly Entity[]>;
  readonly containers: ReadonlySet<string>;
}

function knownNames(graph: EvidenceGraph, workloads: readonly Workload[]): Known {
  const all = [
    ...graph.kinds.flatMap((kind) => graph.all(kind).map(entityOf)),
    ...workloads.map(({ entity }) => entity),
    ...graph.events.map(({ kind, objectNamespace, name }) => ({ kind, namespace: objectNamespace || null, name })),
    ...graph.logs.map(({ namespace, pod }) => ({ kind: 'Pod', namespace, name: pod })),
  ];
  const each = [...new Map(all.map((entity) => [entityKey(entity), entity])).values()];
  return {
    entities: Map.groupBy(each, ({ name }) => name.toLowerCase()),
    containers: new Set(
      [...containerNames(workloads), ...graph.logs.map(({ container }) => container)].filter(
        (name) => !isCommonWord(name),
      ),
    ),
  };
}

function containerNames(workloads: readonly Workload[]): readonly string[] {
  return workloads.flatMap(({ pods }) => pods.flatMap((pod) => pod.containers.map(({ name }) => name)));
}

function lookUp({ name, kind }: Word, known: Known['entities']): readonly Entity[] {
  const ofKind = (found: readonly Entity[]): readonly Entity[] => {
    const same = found.filter((entity) => entity.kind === kind);
    return same.length > 0 ? same : found;
  };
  const exact = known.get(name);
  if (exact) return ofKind(exact);
  // Of a name that is cut off, the objects that it can be: a pod's has a part that nobody types.
  const fits = name.length < 4 ? [] : [...known].filter(([one]) => one.startsWith(name) || one.endsWith(`-${name}`));
  if (fits.length > 0) return ofKind(fits.flatMap(([, found]) => found));
  return ofKind(nearest(name, known));
}

function nearest(name: string, known: Known['entities']): readonly Entity[] {
  if (name.length < 6 || name.length > 60) return [];
  const allowed = name.length >= 10 ? 2 : 1;
  const near = [...known.keys()]
    .slice(0, maxCompared)
    .filter((one) => Math.abs(one.length - name.length) <= allowed)
    .map((one) => ({ one, away: distance(one, name) }))
    .filter(({ away }) => away <= allowed)
    .sort((a, b) => a.away - b.away);
  return known.get(near[0]?.one ?? '') ?? [];
}

function containerNamed(name: string, containers: ReadonlySet<string>): string | undefined {
  if (containers.has(name)) return name;
  if (name.length < 5) return undefined;
  return [...containers].slice(0, maxCompared).find((one) => distance(one, name) <= 1);
}

/** `payments-7f`, `cart-0`, and what a kind stands before; not `roll-back`, not `12:30`. */
function looksLikeName({ name, kind }: Word): boolean {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || /^[\d.:-]+[a-z]?$/.test(name)) return false;
  return /-/.test(name) ? /\d/.test(name) || kind !== null : kind !== null && kind !== '' && !isCommonWord(name);
}
