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
  /** There was more than is kept: an object that is not here may exist. */
  readonly truncated: boolean;
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
    found.add(await listKind(reader, kind, null, signal));
    return found.list(true);
  } catch (error) {
    const failed = failureOf(error, kind.kind, null, signal);
    if (failed.failure !== 'too_large' || !kind.namespaced) {
      if (kind.optional !== true || !refused.has(failed.failure)) failures.push(failed);
      return found.list(false);
    }
  }
  return readByNamespace(reader, kind, limits, failures, signal);
}

async function readByNamespace(
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
      found.add(await listKind(reader, kind, namespace, signal));
    } catch (error) {
      unread.add(namespace);
      failures.push(failureOf(error, kind.kind, namespace, signal));
    }
  }
  return found.list(unread.size < namespaces.length, unread);
}

function listKind(
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
  const room = (): number => Math.max(0, limits.maxObjectsPerKind - objects.length - rows.length);
  return {
    add: (list: ToolList): void => {
      const count = list.form === 'objects' ? list.objects.length : list.rows.length;
      truncated ||= count > room();
      if (list.form === 'objects') objects.push(...list.objects.slice(0, room()).map(slimObject));
      else rows.push(...list.rows.slice(0, room()));
    },
    list: (read: boolean, unread: ReadonlySet<string> = new Set()): KindList => ({
      ...kind,
      objects,
      rows,
      read,
      unread,
      truncated,
    }),
  };
}

function namesOf(list: ToolList): readonly string[] {
  return list.form === 'objects'
    ? list.objects.map((object) => object.metadata.name)
    : list.rows.map((row) => row.name);
}

function failureOf(error: unknown, kind: string, namespace: string | null, signal: AbortSignal): ListFailure {
  signal.throwIfAborted();
  if (!(error instanceof ReadError)) throw error;
  return { kind, namespace, failure: error.failure, message: error.message };
}
