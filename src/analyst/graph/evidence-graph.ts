import type { Entity, EvidenceRef } from '../../domain/verdict.ts';
import type { EvidenceFile } from '../../domain/ports.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindInfo } from '../collector/kinds.ts';
import { indexPath, objectPath, parseLogPath } from './evidence-paths.ts';
import { type ClusterEvent, readEvents } from './cluster-event.ts';
import { listAt, textAt } from './fields.ts';
import { findQuote } from './find-quote.ts';
import type { LogFile } from './log-file.ts';
import { newestTime } from './newest-time.ts';

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
  `${kind} ${kindInfo(kind)?.namespaced === false ? '' : (namespace ?? '')}/${name}`;

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
