import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { kindFacts } from '../../src/kube/kinds.ts';
import type { ContainerStatus, Pod } from '../../src/kube/objects.ts';

/** The time at which the objects of these builders are looked at. */
export const now = Date.UTC(2026, 10, 20, 12, 0, 0);
export const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

/** A minimal object: what the API would say of any object of its kind, and `fields`. */
export function object(kind: string, name: string, fields: Record<string, unknown> = {}): KubeObject {
  const { metadata, ...rest } = fields;
  const { apiVersion, namespaced } = kindFacts(kind) ?? { apiVersion: 'v1', namespaced: true };
  return {
    apiVersion,
    kind,
    ...rest,
    metadata: {
      name,
      ...(namespaced ? { namespace: 'shop' } : {}),
      uid: `uid-${kind}-${name}`,
      creationTimestamp: ago(3600),
      ...(metadata as object | undefined),
    },
  };
}

export function pod(name: string, status: Record<string, unknown>, fields: Record<string, unknown> = {}): Pod {
  return object('Pod', name, { spec: { nodeName: 'n1' }, ...fields, status });
}

export function container(state: ContainerStatus['state'], extra: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'app', ready: false, restartCount: 0, ...(state ? { state } : {}), ...extra };
}

/** A running, ready pod. */
export function wellPod(name: string, extra: Partial<ContainerStatus> = {}, fields: Record<string, unknown> = {}): Pod {
  const running = container({ running: { startedAt: ago(1800) } }, { ready: true, ...extra });
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: ago(1800) }];
  return pod(name, { phase: 'Running', conditions, containerStatuses: [running] }, fields);
}

export function ownedBy(kind: string, name: string, extra: Record<string, unknown> = {}) {
  return {
    metadata: {
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
      ...extra,
    },
  };
}

/** A warning event that was last seen a minute ago. */
export function warning(reason: string, about: KubeObject, message: string, extra: Record<string, unknown> = {}) {
  const { name, namespace, uid } = about.metadata;
  return object('Event', `${name}.${reason}`, {
    type: 'Warning',
    reason,
    message,
    count: 5,
    firstTimestamp: ago(600),
    lastTimestamp: ago(60),
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
    ...extra,
  });
}
