import type { McpReader } from '../../kube/read/mcp-reader.ts';
import {
  type ClusterLists,
  failureOf,
  type KindList,
  type ListFailure,
  type ListWork,
  listKind,
  readByNamespace,
} from './lists.ts';

/** What is known of the lists of one kind from earlier sweeps. */
export interface CoveredKind {
  /** When a look into a namespace outside of the list showed that nothing is left out, ms of the monotonic clock. */
  readonly confirmedAt: number | null;
  /** Where it had objects. */
  readonly namespaces: ReadonlySet<string>;
  /** Namespaces outside of it that were looked into. */
  readonly asked: ReadonlySet<string>;
}

/** By kind. */
export type Coverage = Map<string, CoveredKind>;

/** A list that was found whole is looked at again after so long, ms: rights change. */
const confirmedForMs = 10 * 60_000;
/** Namespaces of which it is remembered that they were asked; then they take turns again. */
const maxRemembered = 100;

/**
 * Lists "of all namespaces" that are not: a server whose credential may list a kind in one namespace only answers with
 * that one, and says nothing. Where a list leaves out a namespace that is known to exist, that namespace is asked for by
 * itself: when it has objects of the kind, the kind is read one namespace at a time; when it is refused, the list is a
 * part. Asked at first, after `confirmedForMs`, and when a namespace that was there before is not there any more.
 */
export async function checkWhole(
  work: ListWork,
  lists: ClusterLists,
  coverage: Coverage,
  monotonic: number,
  signal: AbortSignal,
): Promise<ClusterLists> {
  const kinds = new Map(lists.kinds);
  const failures = [...lists.failures];
  const known = knownNamespaces(lists);
  for (const list of lists.kinds.values()) {
    if (!list.namespaced || !list.read || list.asked !== null || list.truncated || list.part) continue;
    const before = coverage.get(list.kind) ?? { confirmedAt: null, namespaces: new Set(), asked: new Set() };
    const namespaces = namespacesOf(list);
    const probe = namespaceToAsk(namespaces, known, before, monotonic);
    if (probe === null) {
      coverage.set(list.kind, { ...before, confirmedAt: before.confirmedAt ?? monotonic, namespaces });
      continue;
    }
    const found = await askNamespace(work.reader, list, probe, signal);
    const asked = before.asked.has(probe) ? [probe] : [...before.asked, probe].slice(-maxRemembered);
    if (found === 'empty') {
      coverage.set(list.kind, { confirmedAt: monotonic, namespaces, asked: new Set(asked) });
    } else if (found === 'left_out') {
      kinds.set(list.kind, await readByNamespace(work, { ...list, part: true }, failures, signal));
    } else {
      kinds.set(list.kind, { ...list, part: true });
      if (list.optional !== true) failures.push(found);
    }
  }
  return { kinds, failures };
}

async function askNamespace(
  reader: McpReader,
  list: KindList,
  namespace: string,
  signal: AbortSignal,
): Promise<'empty' | 'left_out' | ListFailure> {
  try {
    const answer = await listKind(reader, list, namespace, signal);
    const count = answer.form === 'objects' ? answer.objects.length : answer.rows.length;
    return count === 0 && answer.more === undefined ? 'empty' : 'left_out';
  } catch (error) {
    const { failure, message } = failureOf(error, list.kind, namespace, signal);
    return { kind: list.kind, namespace: null, failure, message: `it leaves out namespace ${namespace}: ${message}` };
  }
}

/** The namespace to look into; null when there is none, or when it was asked lately and nothing has gone since. */
function namespaceToAsk(
  here: ReadonlySet<string>,
  known: ReadonlyMap<string, number>,
  before: CoveredKind,
  now: number,
): string | null {
  const lost = [...before.namespaces].find((namespace) => !here.has(namespace));
  if (lost !== undefined) return lost;
  if (before.confirmedAt !== null && now - before.confirmedAt < confirmedForMs) return null;
  // The one with the most objects of other kinds is the likeliest to have some of this one.
  const outside = [...known].filter(([namespace]) => !here.has(namespace)).toSorted((a, b) => b[1] - a[1]);
  return (outside.find(([namespace]) => !before.asked.has(namespace)) ?? outside[0])?.[0] ?? null;
}

/** Every namespace that any list tells of, with how many objects it has there. */
function knownNamespaces(lists: ClusterLists): Map<string, number> {
  const counts = new Map<string, number>();
  for (const list of lists.kinds.values()) {
    if (list.kind === 'Namespace') for (const name of namesOf(list)) counts.set(name, counts.get(name) ?? 0);
    else for (const name of eachNamespace(list)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  // Every cluster has it, and it is the least likely to be among those that a credential is for.
  if (!counts.get('kube-system')) counts.set('kube-system', -1);
  return counts;
}

function namespacesOf(list: KindList): Set<string> {
  return new Set(eachNamespace(list));
}

function eachNamespace(list: KindList): string[] {
  const all = [...list.objects.map((object) => object.metadata.namespace), ...list.rows.map((row) => row.namespace)];
  return all.filter((namespace): namespace is string => !!namespace);
}

function namesOf(list: KindList): string[] {
  return [...list.objects.map((object) => object.metadata.name), ...list.rows.map((row) => row.name)];
}
