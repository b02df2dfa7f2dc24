import type { EvidenceFile } from '../../domain/ports.ts';
import type { Entity, EvidenceRef } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { findQuote, indexPath, objectPath, parseLogPath } from './evidence-files.ts';
import { listAt, numberAt, textAt, timeAt } from './fields.ts';

/** What the evidence files hold, in a fixed order whatever the order of the files. Rules see the cluster only through it. */
export interface EvidenceGraph {
  /** The newest time in the evidence, ms since the epoch: *now* for every rule. */
  readonly now: number;
  readonly logs: readonly LogFile[];
  readonly events: readonly ClusterEvent[];
  get(kind: string, namespace: string | null, name: string): KubeObject | null;
  /** Objects of a kind, in one namespace or everywhere. */
  all(kind: string, namespace?: string | null): readonly KubeObject[];
  /** The proof that an object does not exist: it was asked for and not found, or a complete list lacks it. */
  absent(kind: string, namespace: string | null, name: string): EvidenceRef | null;
  eventsOf(entity: Entity): readonly ClusterEvent[];
  logsOf(namespace: string, pod: string): readonly LogFile[];
  /** A quote that stands literally in the file at `path`; null when `wanted` is not in it. */
  ref(path: string, wanted: string): EvidenceRef | null;
  /** The line `"key": value` of an object's file. */
  fieldRef(object: KubeObject, key: string, value: unknown): EvidenceRef | null;
  file(path: string): string | null;
}

/** Reads the files of `evidence/`. What is no JSON or no object is left out. */
export function buildGraph(files: readonly EvidenceFile[]): EvidenceGraph {
  const texts = new Map(files.map((file) => [file.path, file.text]));
  const paths = [...texts.keys()].sort();
  const objects = readObjects(texts, paths);
  const absences = readAbsences(texts.get(indexPath));
  const events = paths
    .filter((path) => path.startsWith('evidence/events/'))
    .flatMap((path) => readEvents(path, texts.get(path) ?? ''));
  const logs = paths.flatMap((path): LogFile[] => {
    const parts = parseLogPath(path);
    return parts ? [{ path, ...parts, text: texts.get(path) ?? '' }] : [];
  });
  const ref = (path: string, wanted: string): EvidenceRef | null => {
    const quote = findQuote(texts.get(path) ?? '', wanted);
    return quote === null ? null : { file: path, quote };
  };
  const byKind = groupByKind(objects);

  return {
    now: newestTime([...objects.values()], events, logs),
    logs,
    events,
    get: (kind, namespace, name) => objects.get(objectKey(kind, namespace, name)) ?? null,
    all: (kind, namespace) =>
      (byKind.get(kind) ?? []).filter((it) => namespace == null || it.metadata.namespace === namespace),
    absent: (kind, namespace, name) => {
      if (objects.has(objectKey(kind, namespace, name))) return null;
      const proof = absences.get(objectKey(kind, namespace, name)) ?? absences.get(objectKey(kind, namespace, '*'));
      return proof === undefined ? null : ref(indexPath, proof);
    },
    eventsOf: (entity) =>
      events.filter(
        (event) =>
          event.kind === entity.kind &&
          event.name === entity.name &&
          (entity.namespace === null || event.objectNamespace === entity.namespace),
      ),
    logsOf: (namespace, pod) => logs.filter((log) => log.namespace === namespace && log.pod === pod),
    ref,
    fieldRef: (object, key, value) =>
      ref(
        objectPath(object.kind, object.metadata.namespace ?? null, object.metadata.name),
        `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
      ),
    file: (path) => texts.get(path) ?? null,
  };
}

const objectKey = (kind: string, namespace: string | null, name: string): string =>
  `${kind} ${kindFacts(kind)?.namespaced === false ? '' : (namespace ?? '')}/${name}`;

function readObjects(texts: ReadonlyMap<string, string>, paths: readonly string[]): Map<string, KubeObject> {
  const objects = new Map<string, KubeObject>();
  for (const path of paths) {
    if (!path.startsWith('evidence/objects/')) continue;
    const value = parseJson(texts.get(path) ?? '');
    const kind = textAt(value, 'kind');
    const name = textAt(value, 'metadata', 'name');
    if (kind === '' || name === '') continue;
    objects.set(objectKey(kind, textAt(value, 'metadata', 'namespace') || null, name), value as KubeObject);
  }
  return objects;
}

/** `absent`: objects that were asked for and are not there; `lists`: complete lists, by `KIND NS/*`. */
function readAbsences(index: string | undefined): Map<string, string> {
  const out = new Map<string, string>();
  const value = parseJson(index ?? '');
  for (const entry of listAt(value, 'lists')) {
    const match = /^all (\w+) in ([^:]+):/.exec(String(entry));
    if (!match) continue;
    const namespace = match[2] === 'the cluster' ? null : (match[2] ?? null);
    out.set(objectKey(match[1] ?? '', namespace, '*'), String(entry));
  }
  for (const entry of listAt(value, 'absent')) {
    const match = /^(\w+) (?:([^/ ]+)\/)?([^/ ]+)$/.exec(String(entry));
    if (match) out.set(objectKey(match[1] ?? '', match[2] ?? null, match[3] ?? ''), String(entry));
  }
  return out;
}

function groupByKind(objects: ReadonlyMap<string, KubeObject>): Map<string, KubeObject[]> {
  const out = new Map<string, KubeObject[]>();
  for (const object of objects.values()) {
    const list = out.get(object.kind) ?? [];
    list.push(object);
    out.set(object.kind, list);
  }
  return out;
}

/** JSON that may be broken: undefined then. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An event of the cluster, with the counts of its series. Times in ms since the epoch. */
export interface ClusterEvent {
  readonly path: string;
  readonly kind: string;
  readonly objectNamespace: string;
  readonly name: string;
  readonly reason: string;
  readonly message: string;
  readonly warning: boolean;
  readonly count: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

/** The events of one file of `evidence/events/`, oldest first. */
function readEvents(path: string, text: string): readonly ClusterEvent[] {
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    return [];
  }
  return listAt(items)
    .map((item) => readEvent(path, item))
    .sort((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0) || compareText(key(a), key(b)));
}

/** Events of the scheduler have only `eventTime` and `series`, those of others `count` and the two timestamps. */
function readEvent(path: string, item: unknown): ClusterEvent {
  const eventTime = timeAt(item, 'eventTime') ?? timeAt(item, 'metadata', 'creationTimestamp');
  return {
    path,
    kind: textAt(item, 'involvedObject', 'kind'),
    objectNamespace: textAt(item, 'involvedObject', 'namespace'),
    name: textAt(item, 'involvedObject', 'name'),
    reason: textAt(item, 'reason'),
    message: textAt(item, 'message'),
    warning: textAt(item, 'type') === 'Warning',
    count: numberAt(item, 'series', 'count') ?? numberAt(item, 'count') ?? 1,
    firstAt: timeAt(item, 'firstTimestamp') ?? eventTime,
    lastAt: timeAt(item, 'series', 'lastObservedTime') ?? timeAt(item, 'lastTimestamp') ?? eventTime,
  };
}

const key = (event: ClusterEvent): string => `${event.kind}/${event.name}/${event.reason}/${event.message}`;

/** Code unit order: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The newest time that the evidence holds, ms since the epoch; 0 when it holds none. */
function newestTime(objects: readonly KubeObject[], events: readonly ClusterEvent[], logs: readonly LogFile[]): number {
  let newest = 0;
  const see = (ms: number | null): void => {
    if (ms !== null && ms > newest) newest = ms;
  };
  for (const event of events) see(event.lastAt);
  for (const object of objects) {
    see(timeAt(object, 'metadata', 'creationTimestamp'));
    for (const condition of listAt(object, 'status', 'conditions')) {
      see(timeAt(condition, 'lastTransitionTime'));
      see(timeAt(condition, 'lastHeartbeatTime'));
    }
    for (const status of listAt(object, 'status', 'containerStatuses')) {
      see(timeAt(status, 'state', 'running', 'startedAt'));
      see(timeAt(status, 'state', 'terminated', 'finishedAt'));
      see(timeAt(status, 'lastState', 'terminated', 'finishedAt'));
    }
  }
  for (const log of logs) see(lastLogTime(log.text));
  return newest;
}

function lastLogTime(text: string): number | null {
  const tail = text.slice(-2000);
  const found = [...tail.matchAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g)].at(-1)?.[0];
  if (found === undefined) return null;
  const ms = Date.parse(`${found.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** The log of one run of a container, as it stands in the evidence. */
export interface LogFile {
  readonly path: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly text: string;
}
