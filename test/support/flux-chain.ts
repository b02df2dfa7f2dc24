import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { type FluxKind, fluxKinds } from '../../src/mcp/flux/objects/kinds.ts';
import { installFlux } from './flux.ts';
import { ObjectsReader } from './objects-reader.ts';

interface Parts {
  readonly spec?: Record<string, unknown>;
  /** Reason and message of Ready; `null` for no condition at all, nothing for ready. */
  readonly fails?: readonly [reason: string, message: string] | null;
  readonly metadata?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly namespace?: string;
}

/** An object of Flux that was made long ago: ready unless it fails. */
export function fluxObject(kind: FluxKind, name: string, parts: Parts = {}): KubeObject {
  const { group, version } = fluxKinds[kind];
  const { spec = {}, fails, metadata, status, namespace = 'flux-system' } = parts;
  const ready =
    fails === undefined
      ? { type: 'Ready', status: 'True', reason: 'Succeeded', message: 'fine' }
      : { type: 'Ready', status: 'False', reason: fails?.[0], message: fails?.[1] };
  const conditions = fails === null ? [] : [{ ...ready, lastTransitionTime: '2026-11-20T22:30:00Z' }];
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, namespace, generation: 1, creationTimestamp: '2026-11-20T20:00:00Z', ...metadata },
    spec,
    status: { conditions, observedGeneration: fails === undefined ? 1 : -1, ...status },
  };
}

export const artifact = { artifact: { revision: 'main@sha1:old', lastUpdateTime: '2026-11-20T20:00:00Z' } };

/** A Kustomization of a Git repository. */
export function kustomization(
  name: string,
  parts: Parts & { readonly source?: string; readonly after?: readonly string[] } = {},
): KubeObject {
  const { source = 'platform', after = [], ...rest } = parts;
  const dependsOn = after.map((one) => ({ name: one }));
  const spec = { path: `./${name}`, sourceRef: { kind: 'GitRepository', name: source }, dependsOn, ...rest.spec };
  const blocked = ['DependencyNotReady', `dependency 'flux-system/${after[0]}' is not ready`] as const;
  return fluxObject('Kustomization', name, { ...(after.length > 0 ? { fails: blocked } : {}), ...rest, spec });
}

export function fluxCluster(...objects: readonly KubeObject[]): ObjectsReader {
  const reader = new ObjectsReader(objects);
  installFlux(reader);
  return reader;
}
