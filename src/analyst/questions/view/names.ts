import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityKey, entityOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import type { Workload } from '../../model/workload.ts';
import { type AskedWord, looksLikeName, wordsOf } from './asked-words.ts';
import { meantBy } from './mistyped.ts';
import { isCommonWord } from './plain-words.ts';

/** What a question names of the evidence. */
export interface Named {
  readonly entities: readonly Entity[];
  /** Names of containers. */
  readonly containers: readonly string[];
  /** Words that look like a name and are none of the evidence. */
  readonly unknown: readonly string[];
}

export const nobody: Named = { entities: [], containers: [], unknown: [] };

const maxFound = 20;
/** Names of more objects than these are not compared letter by letter. */
const maxCompared = 3000;
/** A word that stands where no name is expected is a mistyped name from so many letters on: shorter ones are like many. */
const surelyMeant = 8;

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
    const container = found.length > 0 ? undefined : containerNamed(word, known.containers);
    if (container !== undefined) containers.add(container);
    else if (found.length === 0 && looksLikeName(word)) unknown.push(word.name);
  }
  return { entities: [...entities.values()].slice(0, maxFound), containers: [...containers], unknown };
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

function lookUp({ name, kind, isPlaced }: AskedWord, known: Known['entities']): readonly Entity[] {
  const ofKind = (found: readonly Entity[]): readonly Entity[] => {
    const same = found.filter((entity) => entity.kind === kind);
    return same.length > 0 ? same : found;
  };
  const exact = known.get(name);
  if (exact) return ofKind(exact);
  const begun = name.length < 4 ? [] : [...known].filter(([one]) => beginsOrEnds(one, name));
  if (begun.length > 0) return ofKind(begun.flatMap(([, found]) => found));
  const meant = isPlaced || name.length >= surelyMeant ? meantBy(name, [...known.keys()].slice(0, maxCompared)) : null;
  return ofKind(known.get(meant ?? '') ?? []);
}

/**
 * Of a name that is cut off, the objects that it can be: a pod's has a part that nobody types. A word ends where a part of a
 * name does, for `work` is not `worker`; what has a sign or a digit can end anywhere.
 */
function beginsOrEnds(one: string, name: string): boolean {
  if (one.endsWith(`-${name}`)) return true;
  return one.startsWith(name) && (/[-\d]/.test(name) || /[-.]/.test(one[name.length] ?? ''));
}

function containerNamed({ name, isPlaced }: AskedWord, containers: ReadonlySet<string>): string | undefined {
  if (containers.has(name)) return name;
  if (!isPlaced && name.length < surelyMeant) return undefined;
  return meantBy(name, [...containers].slice(0, maxCompared)) ?? undefined;
}
