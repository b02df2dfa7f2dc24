import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import type { CompactRecording } from '../../../eval/recorded-state.ts';

/** Every text of a value changed; those that are keys as well when `keys` says so. */
export function mapStrings<T>(value: T, change: (text: string) => string, keys = false): T {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return change(part);
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [keys ? change(key) : key, walk(inner)]));
  };
  return walk(value) as T;
}

/** Every object of a recording changed. */
export function mapObjects(
  dump: CompactRecording,
  change: (object: KubeObject, kind: string) => KubeObject,
): CompactRecording {
  const cluster = Object.entries(dump.cluster).map(([path, list]) => {
    const kind = list.kind.replace(/List$/, '');
    return [path, { ...list, items: list.items.map((object) => change(object, kind)) }] as const;
  });
  return { ...dump, cluster: Object.fromEntries(cluster) };
}

/** A generator that gives the same numbers from 0 to 1 for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
