import { type KubeObject, ReadError, type ReadFailure } from '../../kube/cluster-reader.ts';
import { type KindToRead, kindsToRead } from '../../kube/kinds.ts';
import type { McpReader } from '../../kube/read/mcp-reader.ts';
import type { Row, ToolList } from '../../kube/read/tool-list.ts';
import type { SweepLimits } from './limits.ts';
import { slimObject } from './slim.ts';

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

/**
 * Reads the list of every kind, one answer at a time. A list that is too large is read namespace by namespace. Never
 * throws for what a cluster does; rejects when the signal ends.
 */
export async function readLists(reader: McpReader, limits: SweepLimits, signal: AbortSignal): Promise<ClusterLists> {
  const failures: ListFailure[] = [];
  const kinds = new Map<string, KindList>();
  let silentLists = 0;
  for (const kind of kindsToRead) {
    signal.throwIfAborted();
    if (silentLists >= maxSilentLists) {
      failures.push({
        kind: kind.kind,
        namespace: null,
        failure: 'unreachable',
        message: 'not asked: no answer before',
      });
      kinds.set(kind.kind, collected(kind, limits).list(false));
      continue;
    }
    const before = failures.length;
    kinds.set(kind.kind, await readKind(reader, kind, limits, failures, signal));
    const failed = failures.slice(before);
    silentLists = failed.length > 0 && failed.every((one) => silent.has(one.failure)) ? silentLists + 1 : 0;
  }
  return { kinds, failures };
}

async function readKind(
  reader: McpReader,
  kind: KindToRead,
  limits: SweepLimits,
  failures: ListFailure[],
  signal: AbortSignal,
): Promise<KindList> {
  const found = collected(kind, limits);
  try {
    const list = await listKind(reader, kind, null, signal);
    if (list.more === undefined || !kind.namespaced) {
      if (list.more !== undefined) failures.push(partOf(kind.kind, null, list.more));
      found.add(list);
      return found.list(true);
    }
  } catch (error) {
    const failed = failureOf(error, kind.kind, null, signal);
    if (failed.failure !== 'too_large' || !kind.namespaced) {
      if (kind.optional !== true || !refused.has(failed.failure)) failures.push(failed);
      return found.list(false);
    }
  }
  return readByNamespace(reader, kind, limits, failures, signal);
}

function partOf(kind: string, namespace: string | null, more: string): ListFailure {
  return { kind, namespace, failure: 'too_large', message: `the server gives only a part (${more})` };
}

/** Reads a kind one namespace at a time. */
export async function readByNamespace(
  reader: McpReader,
  kind: KindToRead,
  limits: SweepLimits,
  failures: ListFailure[],
  signal: AbortSignal,
): Promise<KindList> {
  const found = collected(kind, limits);
  const unread = new Set<string>();
  let namespaces: readonly string[];
  try {
    namespaces = namesOf(await reader.listAsGiven('v1', 'Namespace', {}, signal));
  } catch (error) {
    failures.push(failureOf(error, 'Namespace', null, signal));
    return found.list(false);
  }
  if (namespaces.length > limits.maxNamespaces) {
    for (const namespace of namespaces.slice(limits.maxNamespaces)) unread.add(namespace);
    const message = `only ${limits.maxNamespaces} of ${namespaces.length} namespaces are read one by one`;
    failures.push({ kind: kind.kind, namespace: null, failure: 'too_large', message });
  }
  for (const namespace of namespaces.slice(0, limits.maxNamespaces)) {
    try {
      const list = await listKind(reader, kind, namespace, signal);
      found.add(list);
      if (list.more === undefined) continue;
      unread.add(namespace);
      failures.push(partOf(kind.kind, namespace, list.more));
    } catch (error) {
      unread.add(namespace);
      failures.push(failureOf(error, kind.kind, namespace, signal));
    }
  }
  return found.list(unread.size < namespaces.length || namespaces.length === 0, unread, new Set(namespaces));
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

function collected(kind: KindToRead, limits: SweepLimits) {
  const objects: KubeObject[] = [];
  const rows: Row[] = [];
  let truncated = false;
  let part = false;
  const room = (): number => Math.max(0, limits.maxObjectsPerKind - objects.length - rows.length);
  return {
    add: (list: ToolList): void => {
      const count = list.form === 'objects' ? list.objects.length : list.rows.length;
      truncated ||= count > room();
      part ||= list.more !== undefined;
      if (list.form === 'objects') objects.push(...list.objects.slice(0, room()).map(slimObject));
      else rows.push(...list.rows.slice(0, room()));
    },
    list: (
      read: boolean,
      unread: ReadonlySet<string> = new Set(),
      asked: ReadonlySet<string> | null = null,
    ): KindList => ({ ...kind, objects, rows, read, unread, asked, truncated, part }),
  };
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
