import { listAt, textAt } from '../src/analyst/graph/fields.ts';
import type { ClusterReader, KubeObject, ListOptions } from '../src/kube/cluster-reader.ts';
import type { Recording } from './recording.ts';

/** Serves a recording as a cluster, in memory: gets, lists with selectors, logs. */
export function recordingReader(recording: Recording): ClusterReader {
  const lists = new Map<string, KubeObject[]>();
  const load = (apiVersion: string, kind: string): KubeObject[] => {
    const base = apiVersion.includes('/') ? `cluster/apis/${apiVersion}` : `cluster/api/${apiVersion}`;
    const path = `${base}/${plural(kind)}.json`;
    const known = lists.get(path);
    if (known) return known;
    const text = recording.files.get(path);
    const items = text === undefined ? [] : (listAt(JSON.parse(text), 'items') as KubeObject[]);
    const full = items.map((item) => ({ ...item, apiVersion, kind }));
    lists.set(path, full);
    return full;
  };
  return {
    get: async (apiVersion, kind, namespace, name) =>
      load(apiVersion, kind).find((it) => it.metadata.name === name && (it.metadata.namespace ?? null) === namespace) ??
      null,
    list: async (apiVersion, kind, options) => {
      const items = load(apiVersion, kind).filter((it) => taken(it, options));
      const limit = options.limit ?? items.length;
      return { items: items.slice(0, limit), truncated: items.length > limit };
    },
    logs: async (namespace, pod, container, options) => {
      const text = recording.files.get(
        `logs/${namespace}/${pod}/${container}${options.previous ? '.previous' : ''}.log`,
      );
      return text === undefined
        ? null
        : text
            .split('\n')
            .slice(-options.tailLines - 1)
            .join('\n');
    },
  };
}

function taken(item: KubeObject, options: ListOptions): boolean {
  if (options.namespace !== undefined && item.metadata.namespace !== options.namespace) return false;
  const labels = item.metadata.labels ?? {};
  const pairs = (text: string | undefined): [string, string][] =>
    (text ?? '')
      .split(',')
      .filter((it) => it !== '')
      .map((it) => it.split('=') as [string, string]);
  if (!pairs(options.labelSelector).every(([key, value]) => labels[key] === value)) return false;
  return pairs(options.fieldSelector).every(([path, value]) => textAt(item, ...path.split('.')) === value);
}

function plural(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith('s')) return `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}
