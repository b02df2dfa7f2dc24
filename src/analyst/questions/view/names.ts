import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityKey, entityOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import type { Workload } from '../../model/workload.ts';
import { type AskedWord, wordsOf } from './asked-words.ts';
import { meantBy } from './mistyped.ts';
import { isCommonWord } from './plain-words.ts';

/** What a question names of the evidence. */
export interface Named {
  readonly entities: readonly Entity[];
  /** Names of containers. */
  readonly containers: readonly string[];
  /** Names that nothing in the evidence has. */
  readonly unknown: readonly string[];
  /** Words that stand where a name does, that may be none, and that nothing in the evidence has. */
  readonly doubtful: readonly string[];
  /** Mistakes in typing that were forgiven. */
  readonly taken: readonly { readonly word: string; readonly name: string }[];
}

export const nobody: Named = { entities: [], containers: [], unknown: [], doubtful: [], taken: [] };

const maxFound = 20;
/** Names of more objects than these are not compared letter by letter. */
const maxCompared = 3000;
/** A word that stands where no name is expected is a mistyped name from so many letters on: shorter ones are like many. */
const surelyMeant = 8;
const longestName = 60;

interface NameView {
  readonly all: readonly Workload[];
  readonly own: readonly Workload[];
  readonly spoken: ReadonlySet<string>;
}

/**
 * The objects and containers of the evidence that a question names: whole, by the beginning of a name, by the end of a pod's, or
 * with a mistake in typing. The surest way for each word counts. `own`: the workloads of the incident; `spoken`: words of the
 * incident itself (its cluster, its causes), which are known and no objects.
 */
export function namesIn(question: string, graph: EvidenceGraph, { all, own, spoken }: NameView): Named {
  const known = knownNames(graph, all);
  const near = new Set(containerNames(own));
  const entities = new Map<string, Entity>();
  const containers = new Set<string>();
  const unknown = new Set<string>();
  const doubtful = new Set<string>();
  const taken = new Map<string, string>();
  for (const word of wordsOf(question)) {
    // Most containers are called as their workload is: of the incident's own, the container is meant.
    const found = near.has(word.name) && word.kind === null ? [] : lookUp(word, known.entities);
    for (const entity of found.slice(0, maxFound)) entities.set(entityKey(entity), entity);
    const container = found.length > 0 ? undefined : known.containers.find((one) => one === word.name);
    if (container !== undefined) containers.add(container);
    if (found.length > 0 || container !== undefined) continue;
    const meant = mistyped(word, known);
    if (meant === null) {
      if (word.unknownAs !== null && !spoken.has(word.name))
        (word.unknownAs === 'name' ? unknown : doubtful).add(word.name);
      continue;
    }
    taken.set(word.name, meant);
    const objects = near.has(meant) ? [] : ofKind(known.entities.get(meant) ?? [], word.kind);
    for (const entity of objects.slice(0, maxFound)) entities.set(entityKey(entity), entity);
    if (objects.length === 0) containers.add(meant);
  }
  return {
    entities: [...entities.values()].slice(0, maxFound),
    containers: [...containers],
    unknown: [...unknown],
    doubtful: [...doubtful],
    taken: [...taken].map(([word, name]) => ({ word, name })),
  };
}

interface Known {
  readonly entities: ReadonlyMap<string, readonly Entity[]>;
  readonly containers: readonly string[];
}

function knownNames(graph: EvidenceGraph, workloads: readonly Workload[]): Known {
  const all = [
    ...graph.kinds.flatMap((kind) => graph.all(kind).map(entityOf)),
    ...workloads.map(({ entity }) => entity),
    ...graph.events.map(({ kind, objectNamespace, name }) => ({ kind, namespace: objectNamespace || null, name })),
    ...graph.logs.map(({ namespace, pod }) => ({ kind: 'Pod', namespace, name: pod })),
    ...workloads.map(({ entity }) => ({ kind: 'Namespace', namespace: null, name: entity.namespace ?? '' })),
  ].filter(({ name }) => name !== '');
  const each = [...new Map(all.map((entity) => [entityKey(entity), entity])).values()];
  return {
    entities: Map.groupBy(each, ({ name }) => name.toLowerCase()),
    containers: [...new Set([...containerNames(workloads), ...graph.logs.map(({ container }) => container)])].filter(
      (name) => !isCommonWord(name),
    ),
  };
}

function containerNames(workloads: readonly Workload[]): readonly string[] {
  return workloads.flatMap(({ pods }) => pods.flatMap((pod) => pod.containers.map(({ name }) => name)));
}

function ofKind(found: readonly Entity[], kind: string | null): readonly Entity[] {
  const same = found.filter((entity) => entity.kind === kind);
  return same.length > 0 ? same : found;
}

function lookUp({ name, kind }: AskedWord, known: Known['entities']): readonly Entity[] {
  const exact = known.get(name);
  if (exact) return ofKind(exact, kind);
  const begun = name.length < 4 ? [] : [...known].filter(([one]) => beginsOrEnds(one, name));
  return ofKind(
    begun.flatMap(([, found]) => found),
    kind,
  );
}

/**
 * Of a name that is cut off, the objects that it can be: a pod's has a part that nobody types. A word ends where a part of a
 * name does, for `work` is not `worker`; what has a sign or a digit can end anywhere, but not within a number.
 */
function beginsOrEnds(one: string, name: string): boolean {
  if (one.endsWith(`-${name}`)) return true;
  if (!one.startsWith(name)) return false;
  const next = one[name.length] ?? '';
  if (/[-.]/.test(next)) return true;
  const part = one.split('-')[name.split('-').length - 1] ?? '';
  return /[-\d]/.test(name) && !(/\d$/.test(name) && /^\d+$/.test(part));
}

/** The name that a word was meant to be; null where it is like none. What programs put into a name is like nothing else. */
function mistyped({ name, isPlaced }: AskedWord, { entities, containers }: Known): string | null {
  if ((!isPlaced && name.length < surelyMeant) || name.length > longestName) return null;
  const made = madeParts(name);
  const all = [...containers, ...entities.keys()].slice(0, maxCompared);
  return meantBy(
    name,
    all.filter((one) => madeParts(one) === made),
  );
}

/** The parts with a digit, and those that can be of chance: another letter in them is another object. */
function madeParts(name: string): string {
  return name
    .split('-')
    .filter((part) => /\d/.test(part) || /^[b-df-hj-np-tv-z]{5,10}$/.test(part))
    .join('-');
}
