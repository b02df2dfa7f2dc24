import type { KubeObject } from './cluster-reader.ts';

/**
 * A foreign value as a Kubernetes object, null when it is none: it needs a name. Items of the API's lists carry no kind
 * of their own, so the kind that was asked for stands in.
 */
export function toObject(value: unknown, apiVersion: string, kind: string): KubeObject | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const object = value as Record<string, unknown>;
  const metadata = object['metadata'];
  if (typeof metadata !== 'object' || metadata === null) return null;
  if (typeof (metadata as Record<string, unknown>)['name'] !== 'string') return null;
  return {
    ...object,
    apiVersion: typeof object['apiVersion'] === 'string' ? object['apiVersion'] : apiVersion,
    kind: typeof object['kind'] === 'string' ? object['kind'] : kind,
    metadata: metadata as KubeObject['metadata'],
  };
}
