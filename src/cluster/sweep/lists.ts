import { type KubeObject, ReadError, type ReadFailure } from '../../kube/cluster-reader.ts';
import { type KindToRead, kindsToRead } from '../../kube/kinds.ts';
import type { McpReader } from '../../kube/read/mcp-reader.ts';
import type { Row, ToolList } from '../../kube/read/tool-list.ts';
import type { SweepLimits } from './limits.ts';
import { KeptList } from './keep.ts';
import type { Turns } from './memory.ts';

/** What was read of one kind, and what was not. */
export interface KindList extends KindToRead {
  readonly objects: readonly KubeObject[];
  readonly rows: readonly Row[];
  /** False: nobody answered for any namespace. */
  readonly read: boolean;
  /** Namespaces that could not be read when the kind was read one namespace at a time. */
  readonly unread: ReadonlySet<string>;
  /** The namespaces that were asked one by one; null when one answer was for all. */
  readonly asked: ReadonlySet<string> | null;
  /** There is more than is kept. */
  readonly truncated: boolean;
  /** The server gave a part of what there is. */
  readonly part: boolean;
}

/** Whether the list shows every object of its kind in a namespace (empty: objects without one). */
export function isWhole(list: KindList | undefined, namespace: string): boolean {
  if (!list?.read || list.truncated || list.part || list.unread.has(namespace)) return false;
  if (list.asked === null) return true;
  return namespace === '' ? list.unread.size === 0 : list.asked.has(namespace);
}

export interface ListFailure {
  readonly kind: string;
  readonly namespace: string | null;
  readonly failure: ReadFailure;
  readonly message: string;
}

export interface ClusterLists {
  readonly kinds: ReadonlyMap<string, KindList>;
  readonly failures: readonly ListFailure[];
}

/** A server that did not answer so often in a row is not asked for the other kinds. */
const maxSilentLists = 2;
/** The cluster answered: this is not for us. */
const refused = new Set<ReadFailure>(['forbidden', 'unsupported']);
const silent = new Set<ReadFailure>(['unreachable', 'timeout', 'unauthorized']);

/** How the lists are read, and what earlier sweeps leave to this one. */
export interface ListWork {
  readonly reader: McpReader;
  readonly limits: SweepLimits;
  readonly turns: Turns;
  readonly now: number;
  /** Whether the sweep has taken so long that the rest waits for the next one. */
  isOver(): boolean;
}

/**
 * Reads the list of every kind, one answer at a time. A list that is too large is read namespace by namespace. Never
 * throws for what a cluster does; rejects when the signal ends.
 */
export async function readLists(work: ListWork, signal: AbortSignal): Promise<ClusterLists> {
  const failures: ListFailure[] = [];
  const kinds = new Map<string, KindList>();
  let silentLists = 0;
  for (const kind of kindsToRead) {
    signal.throwIfAborted();
    if (silentLists >= maxSilentLists) {
      const message = 'not asked: no answer before';
      failures.push({ kind: kind.kind, namespace: null, failure: 'unreachable', message });
      kinds.set(kind.kind, unreadList(kind));
      continue;
    }
    const before = failures.length;
    kinds.set(kind.kind, await readKind(work, kind, failures, signal));
    const failed = failures.slice(before);
    silentLists = failed.length > 0 && failed.every((one) => silent.has(one.failure)) ? silentLists + 1 : 0;
  }
  return { kinds, failures };
}

async function readKind(
  work: ListWork,
  kind: KindToRead,
  failures: ListFailure[],
  signal: AbortSignal,
): Promise<KindList> {
  let part = unreadList(kind);
  try {
    const list = await listKind(work.reader, kind, null, signal);
    const kept = keptOf(work, kind);
    kept.add(list);
    part = { ...part, ...kept.result(), read: true, part: list.more !== undefined };
    if (list.more === undefined) return part;
    if (!kind.namespaced) {
      failures.push(partOf(kind.kind, null, list.more));
      return part;
    }
  } catch (error) {
    const failed = failureOf(error, kind.kind, null, signal);
    if (failed.failure !== 'too_large' || !kind.namespaced) {
      if (kind.optional !== true || !refused.has(failed.failure)) failures.push(failed);
      return unreadList(kind);
    }
  }
  return readByNamespace(work, part, failures, signal);
}

/**
 * Reads a kind one namespace at a time; those that are over a bound are first the next time. When none can be read (a
 * credential need not be able to list namespaces) what is known of the kind stays.
 */
export async function readByNamespace(
  work: ListWork,
  kind: KindList,
  failures: ListFailure[],
  signal: AbortSignal,
): Promise<KindList> {
  let namespaces: readonly string[];
  try {
    namespaces = namesOf(await work.reader.listAsGiven('v1', 'Namespace', {}, signal));
  } catch (error) {
    failures.push(failureOf(error, 'Namespace', null, signal));
    return kind;
  }
  const line = `namespaces of ${kind.kind}`;
  const turn = work.turns.order(line, namespaces, (name) => name).slice(0, work.limits.maxNamespaces);
  if (turn.length < namespaces.length) {
    const message = `only ${turn.length} of ${namespaces.length} namespaces are read one by one`;
    failures.push({ kind: kind.kind, namespace: null, failure: 'too_large', message });
  }
  const kept = keptOf(work, kind);
  const unread = new Set(namespaces);
  for (const namespace of turn) {
    if (work.isOver()) {
      const message = `${unread.size} namespaces were not read: the sweep takes too long`;
      failures.push({ kind: kind.kind, namespace: null, failure: 'timeout', message });
      break;
    }
    work.turns.took(line, namespace);
    const failed = await addNamespace(work.reader, kind, namespace, kept, signal);
    if (failed === null) unread.delete(namespace);
    else failures.push(failed);
  }
  if (kind.read && unread.size === namespaces.length) return kind;
  const read = unread.size < namespaces.length || namespaces.length === 0;
  return { ...unreadList(kind), ...kept.result(), read, unread, asked: new Set(namespaces) };
}

/** Why the namespace could not be read whole, null when it was. */
async function addNamespace(
  reader: McpReader,
  kind: KindToRead,
  namespace: string,
  kept: KeptList,
  signal: AbortSignal,
): Promise<ListFailure | null> {
  try {
    const list = await listKind(reader, kind, namespace, signal);
    kept.add(list);
    return list.more === undefined ? null : partOf(kind.kind, namespace, list.more);
  } catch (error) {
    return failureOf(error, kind.kind, namespace, signal);
  }
}

/** One list of a kind: of all namespaces, or of one. */
export function listKind(
  reader: McpReader,
  kind: KindToRead,
  namespace: string | null,
  signal: AbortSignal,
): Promise<ToolList> {
  const options = {
    ...(namespace === null ? {} : { namespace }),
    ...(kind.kind === 'Event' ? { fieldSelector: 'type=Warning' } : {}),
  };
  return reader.listAsGiven(kind.apiVersion, kind.kind, options, signal);
}

function keptOf({ limits, turns, now }: ListWork, kind: KindToRead): KeptList {
  return new KeptList(kind.kind, limits.maxObjectsPerKind, turns, now);
}

function unreadList(kind: KindToRead): KindList {
  return { ...kind, objects: [], rows: [], read: false, unread: new Set(), asked: null, truncated: false, part: false };
}

function partOf(kind: string, namespace: string | null, more: string): ListFailure {
  return { kind, namespace, failure: 'too_large', message: `the server gives only a part (${more})` };
}

function namesOf(list: ToolList): readonly string[] {
  return list.form === 'objects'
    ? list.objects.map((object) => object.metadata.name)
    : list.rows.map((row) => row.name);
}

/** Rethrows what is no answer of the cluster. */
export function failureOf(error: unknown, kind: string, namespace: string | null, signal: AbortSignal): ListFailure {
  signal.throwIfAborted();
  if (!(error instanceof ReadError)) throw error;
  return { kind, namespace, failure: error.failure, message: error.message };
}
