import { randomUUID } from 'node:crypto';
import {
  type ClusterReader,
  type KubeObject,
  type ListAnswer,
  type ListOptions,
  type LogOptions,
  ReadError,
} from '../../kube/cluster-reader.ts';
import { resourceByKind } from './resource-types.ts';
import { fieldTest, labelTest } from './selectors.ts';

/** What a simulated cluster is given: a full object; uid and resourceVersion are added when absent. */
export type NewObject = KubeObject;

/**
 * The state of a simulated cluster: objects and container logs in memory. It is a `ClusterReader`, so that whatever
 * reads a cluster (the push server's read tools, the API) can read it. Objects are kept by kind, ordered by namespace
 * and name as the API lists them.
 */
export class ClusterState implements ClusterReader {
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #logs = new Map<string, string>();
  #version = 1000;

  /** Grows with every change, as the resourceVersion of lists. */
  get version(): number {
    return this.#version;
  }

  /** Adds or replaces an object; it keeps its uid when it is replaced. */
  put(object: NewObject): KubeObject {
    const kind = `${object.apiVersion}/${object.kind}`;
    const objects = this.#kinds.get(kind) ?? new Map<string, KubeObject>();
    this.#kinds.set(kind, objects);
    const key = objectKey(object.metadata.namespace, object.metadata.name);
    this.#version += 1;
    const metadata = {
      ...object.metadata,
      uid: object.metadata.uid ?? objects.get(key)?.metadata.uid ?? randomUUID(),
      resourceVersion: object.metadata['resourceVersion'] ?? String(this.#version),
    };
    const stored = { ...object, metadata };
    objects.set(key, stored);
    return stored;
  }

  remove(apiVersion: string, kind: string, namespace: string | null, name: string): boolean {
    this.#version += 1;
    return this.#kinds.get(`${apiVersion}/${kind}`)?.delete(objectKey(namespace ?? undefined, name)) ?? false;
  }

  setLog(namespace: string, pod: string, container: string, text: string, previous = false): void {
    this.#logs.set(logKey(namespace, pod, container, previous), text);
  }

  find(apiVersion: string, kind: string, namespace: string | null, name: string): KubeObject | null {
    return this.#kinds.get(`${apiVersion}/${kind}`)?.get(objectKey(namespace ?? undefined, name)) ?? null;
  }

  /** Every matching object. @throws SelectorError */
  select(apiVersion: string, kind: string, options: ListOptions): KubeObject[] {
    const label = labelTest(options.labelSelector);
    const field = fieldTest(options.fieldSelector);
    return [...(this.#kinds.get(`${apiVersion}/${kind}`)?.entries() ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
      .filter((object) => !options.namespace || object.metadata.namespace === options.namespace)
      .filter((object) => label(object) && field(object));
  }

  /** `apiVersion/Kind` of everything that there is, also of kinds that `resource-types.ts` does not know. */
  kinds(): string[] {
    return [...this.#kinds.keys()];
  }

  /** The last lines of a container's log, null when there is none. */
  log(
    namespace: string,
    pod: string,
    container: string,
    options: { previous?: boolean; tailLines?: number; limitBytes?: number },
  ): string | null {
    const text = this.#logs.get(logKey(namespace, pod, container, options.previous ?? false));
    if (text === undefined) return null;
    const tail = options.tailLines === undefined ? text : lastLines(text, options.tailLines);
    if (options.limitBytes === undefined) return tail;
    return Buffer.from(tail).subarray(0, options.limitBytes).toString('utf8');
  }

  async get(
    apiVersion: string,
    kind: string,
    namespace: string | null,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | null> {
    signal.throwIfAborted();
    this.#requireKind(apiVersion, kind);
    return this.find(apiVersion, kind, namespace, name);
  }

  async list(apiVersion: string, kind: string, options: ListOptions, signal: AbortSignal): Promise<ListAnswer> {
    signal.throwIfAborted();
    this.#requireKind(apiVersion, kind);
    const all = this.select(apiVersion, kind, options);
    const items = options.limit === undefined ? all : all.slice(0, options.limit);
    const { keep, labelSelector, fieldSelector } = options;
    const beyond = all.length - items.length;
    // As an API server: with selectors it does not tell.
    const remaining = beyond === 0 || labelSelector || fieldSelector ? {} : { remaining: beyond };
    return { items: keep === undefined ? items : items.map(keep), truncated: beyond > 0, ...remaining };
  }

  async logs(
    namespace: string,
    pod: string,
    container: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<string | null> {
    signal.throwIfAborted();
    return this.log(namespace, pod, container, options);
  }

  #requireKind(apiVersion: string, kind: string): void {
    if (resourceByKind(apiVersion, kind) || this.#kinds.has(`${apiVersion}/${kind}`)) return;
    throw new ReadError('unsupported', `no matches for kind "${kind}" in version "${apiVersion}"`);
  }
}

function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function logKey(namespace: string, pod: string, container: string, previous: boolean): string {
  return `${namespace}/${pod}/${container}${previous ? '.previous' : ''}`;
}

function lastLines(text: string, count: number): string {
  if (count <= 0) return '';
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n');
  return lines.slice(-count).join('\n') + (ended ? '\n' : '');
}
