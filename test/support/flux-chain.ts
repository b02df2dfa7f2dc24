import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { type FluxKind, fluxKinds } from '../../src/mcp/flux/objects/kinds.ts';
import { callTool } from './call-tool.ts';
import { fluxTools, installFlux } from './flux.ts';
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

interface KustomizationParts extends Parts {
  /** Name of its Git repository. */
  readonly source?: string;
  /** Names of what it depends on; it then waits for the first. */
  readonly after?: readonly string[];
}

/** A Kustomization of a Git repository. */
export function kustomization(name: string, parts: KustomizationParts = {}): KubeObject {
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

interface Issue {
  readonly severity: string;
  readonly mechanism: string;
  readonly resource: string;
  readonly message: string;
  readonly field?: string;
  readonly value?: string;
  readonly evidence: readonly { object: string; text: string }[];
  readonly recommendation: string;
  readonly waiting: readonly string[];
  readonly waiting_count: number;
  readonly chain: readonly string[];
  readonly on_old_revision?: readonly string[];
}

export interface Diagnosis {
  readonly summary: string;
  readonly issues: readonly Issue[];
  readonly total: number;
  readonly suspended: readonly Record<string, unknown>[];
  readonly checked: readonly string[];
  readonly not_checked: readonly string[];
}

/** What `diagnose_flux_issues` answers. */
export async function diagnose(reader: ObjectsReader, args: Record<string, unknown> = {}): Promise<Diagnosis> {
  return (await callTool(fluxTools(reader), 'diagnose_flux_issues', args)) as unknown as Diagnosis;
}

/** As the diagnosis names a Kustomization of flux-system. */
export const k = (name: string): string => `Kustomization/flux-system/${name}`;
export const git = (name: string): string => `GitRepository/flux-system/${name}`;

/** A Kustomization that is under way again after an attempt that ended so. */
export function again(name: string, ended: string, parts: KustomizationParts = {}): KubeObject {
  const conditions = [
    { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
  ];
  const history = [
    { lastReconciled: '2026-11-20T22:00:00Z', lastReconciledStatus: 'ReconciliationSucceeded' },
    { lastReconciled: '2026-11-20T23:00:00Z', lastReconciledStatus: ended },
  ];
  return kustomization(name, { ...parts, status: { conditions, observedGeneration: -1, history, ...parts.status } });
}
