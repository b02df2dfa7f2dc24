import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { entityText } from './entities.ts';
import {
  type ClusterEvent,
  compareText,
  type EvidenceGraph,
  type LogFile,
  newestTime,
  readEvents,
} from './evidence-graph.ts';
import { eventsPath, findQuote, indexPath, logPath, objectPath, parseLogPath } from './evidence-paths.ts';

/** The names of a kind in one namespace (null: in the cluster), all of them and sorted. */
export interface CompleteList {
  readonly kind: string;
  readonly namespace: string | null;
  readonly names: readonly string[];
}

/** A complete list in words, as a report quotes it. */
export function completeListText({ kind, namespace, names }: CompleteList): string {
  const shown = names.slice(0, 60).join(', ');
  const more = names.length > 60 ? ` and ${names.length - 60} more` : '';
  return `all ${kind} in ${namespace ?? 'the cluster'}: ${names.length === 0 ? 'none' : shown}${more}`;
}

/** The graph while it is filled: by the collector, object by object, or from files, each with the text that it has there. */
export class GrowingGraph implements EvidenceGraph {
  readonly #objects = new Map<string, KubeObject>();
  readonly #events = new Map<string, Map<string, unknown>>();
  readonly #logs = new Map<string, LogFile>();
  readonly #absent = new Map<string, Entity>();
  readonly #complete = new Map<string, CompleteList>();
  readonly #texts = new Map<string, string>();
  #index: Index | null = null;

  addObject(object: KubeObject): void {
    const { namespace = null, name } = object.metadata;
    if (object.kind === 'Event') this.#addEvent(eventsPath(namespace ?? ''), name, object);
    else this.putObject(objectPath(object.kind, namespace, name), object);
  }

  putObject(path: string, object: KubeObject): void {
    this.#objects.set(path, object);
    this.#changed(path);
  }

  putEvents(path: string, items: readonly unknown[]): void {
    items.forEach((item, at) => this.#addEvent(path, String(at), item));
  }

  #addEvent(path: string, key: string, item: unknown): void {
    const known = this.#events.get(path) ?? new Map<string, unknown>();
    this.#events.set(path, known.set(key, item));
    this.#changed(path);
  }

  addLog(namespace: string, pod: string, container: string, previous: boolean, text: string): void {
    this.putLog(logPath(namespace, pod, container, previous), text);
  }

  putLog(path: string, text: string): void {
    const parts = parseLogPath(path);
    if (parts) this.#logs.set(path, { path, ...parts, text });
    this.#changed(path);
  }

  addAbsent(entity: Entity): void {
    this.#absent.set(objectKey(entity.kind, entity.namespace, entity.name), entity);
  }

  /** A list of a whole namespace (or of the cluster) that was read to its end: what it lacks does not exist. */
  addCompleteList(list: CompleteList): void {
    this.#complete.set(objectKey(list.kind, list.namespace, '*'), list);
  }

  /** Keeps the text of a file as it stands on disk. */
  putText(path: string, text: string): void {
    this.#texts.set(path, text);
  }

  /** Takes a file out, as if it had never been read. */
  drop(path: string): void {
    this.#objects.delete(path);
    this.#events.delete(path);
    this.#logs.delete(path);
    this.#changed(path);
  }

  /** The paths of what was read, most telling first: logs, events, objects, each in the order of reading. */
  paths(): readonly string[] {
    return [...this.#logs.keys(), ...this.#events.keys(), ...this.#objects.keys()];
  }

  absences(): readonly Entity[] {
    return [...this.#absent.values()];
  }

  completeLists(): readonly CompleteList[] {
    return [...this.#complete.values()];
  }

  get now(): number {
    const index = this.#indexed();
    index.now ??= newestTime([...index.objects.values()], index.events, index.logs);
    return index.now;
  }

  get logs(): readonly LogFile[] {
    return this.#indexed().logs;
  }

  get events(): readonly ClusterEvent[] {
    return this.#indexed().events;
  }

  get kinds(): readonly string[] {
    return [...this.#indexed().byKind.keys()];
  }

  get(kind: string, namespace: string | null, name: string): KubeObject | null {
    return this.#indexed().objects.get(objectKey(kind, namespace, name)) ?? null;
  }

  all(kind: string, namespace?: string | null): readonly KubeObject[] {
    const all = this.#indexed().byKind.get(kind) ?? [];
    return namespace == null ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  absent(kind: string, namespace: string | null, name: string): EvidenceRef | null {
    const key = objectKey(kind, namespace, name);
    if (this.#indexed().objects.has(key)) return null;
    const asked = this.#absent.get(key);
    if (asked) return this.ref(indexPath, entityText(asked));
    const list = this.#complete.get(objectKey(kind, namespace, '*'));
    return list && !list.names.includes(name) ? this.ref(indexPath, completeListText(list)) : null;
  }

  eventsOf({ kind, namespace, name }: Entity): readonly ClusterEvent[] {
    return this.events.filter(
      (event) =>
        event.kind === kind && event.name === name && (namespace === null || event.objectNamespace === namespace),
    );
  }

  logsOf(namespace: string, pod: string): readonly LogFile[] {
    return this.logs.filter((log) => log.namespace === namespace && log.pod === pod);
  }

  ref(path: string, wanted: string): EvidenceRef | null {
    const quote = findQuote(this.file(path) ?? '', wanted);
    return quote === null ? null : { file: path, quote };
  }

  refIn({ kind, namespace, name }: Entity, wanted: string): EvidenceRef | null {
    return this.ref(objectPath(kind, namespace, name), wanted);
  }

  eventRef(event: ClusterEvent | undefined): EvidenceRef | null {
    return event ? this.ref(event.path, event.message) : null;
  }

  fieldRef(object: KubeObject, key: string, value: unknown): EvidenceRef | null {
    const { namespace = null, name } = object.metadata;
    return this.ref(objectPath(object.kind, namespace, name), `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  }

  /** The text of an evidence file, null when there is none. */
  file(path: string): string | null {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const text = this.#textOf(path);
    if (text !== null) this.#texts.set(path, text);
    return text;
  }

  #textOf(path: string): string | null {
    const object = this.#objects.get(path);
    if (object) return JSON.stringify(object, null, 2);
    const events = this.#events.get(path);
    return events ? JSON.stringify([...events.values()], null, 1) : (this.#logs.get(path)?.text ?? null);
  }

  #changed(path: string): void {
    this.#texts.delete(path);
    this.#index = null;
  }

  #indexed(): Index {
    this.#index ??= index(this.#objects, this.#events, this.#logs);
    return this.#index;
  }
}

/** What was read, sorted for those who ask. */
interface Index {
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly byKind: ReadonlyMap<string, readonly KubeObject[]>;
  readonly events: readonly ClusterEvent[];
  readonly logs: readonly LogFile[];
  now?: number;
}

function index(
  objects: ReadonlyMap<string, KubeObject>,
  events: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
  logs: ReadonlyMap<string, LogFile>,
): Index {
  const byKey = new Map<string, KubeObject>();
  for (const [, object] of sorted(objects)) {
    byKey.set(objectKey(object.kind, object.metadata.namespace ?? null, object.metadata.name), object);
  }
  return {
    objects: byKey,
    byKind: Map.groupBy(byKey.values(), (object) => object.kind),
    events: sorted(events).flatMap(([path, items]) => readEvents(path, items.values())),
    logs: sorted(logs).map(([, log]) => log),
  };
}

const sorted = <T>(byPath: ReadonlyMap<string, T>): [string, T][] => [...byPath].sort(([a], [b]) => compareText(a, b));

const objectKey = (kind: string, namespace: string | null, name: string): string =>
  `${kind} ${kindFacts(kind)?.namespaced === false ? '' : (namespace ?? '')}/${name}`;
