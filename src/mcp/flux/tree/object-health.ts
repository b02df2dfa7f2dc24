import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { detect } from '../../../kube/detect/detect.ts';
import { isHealthy } from '../../../kube/health.ts';
import { groupOf, knownPlural } from '../../../kube/kinds.ts';
import { type Condition, conditionOf, items, type Workload } from '../../../kube/objects.ts';
import { type FluxObject, textOf } from '../objects/flux-object.ts';
import { fluxKindOf, isApplier } from '../objects/kinds.ts';
import { type FluxState, stateOf } from '../objects/state.ts';

/** How an object is that Flux has applied. */
export const healths = [
  'healthy',
  'unhealthy',
  'progressing',
  'suspended',
  'terminating',
  'missing',
  'unreadable',
] as const;
export type Health = (typeof healths)[number];

export interface ObjectHealth {
  readonly health: Health;
  /** Why it is not healthy, in the words of the object where it has some. */
  readonly message?: string | undefined;
}

/**
 * How an object is, as far as it shows it by itself: Flux's own by their state, Kubernetes' by what finds their faults,
 * others by the conditions that are usual (kstatus: Stalled, Reconciling, Ready, and what Kubernetes' own extensions have
 * in place of Ready). What has no condition at all is healthy when it is there.
 */
export function healthOf(object: KubeObject, now: number): ObjectHealth {
  if (knownPlural(object.apiVersion, object.kind) !== null) return ownHealth(object, now);
  if (object.metadata.deletionTimestamp) return { health: 'terminating' };
  const kind = fluxKindOf(groupOf(object.apiVersion), object.kind);
  if (kind === null) return conditionsHealth(object);
  return isApplier(kind) ? applierHealth(object) : sourceHealth(object);
}

/** Of Kubernetes' own kinds. */
function ownHealth(object: KubeObject, now: number): ObjectHealth {
  // Nobody has looked who uses a claim: one that waits for its first pod is no fault.
  const [fault] = detect(object, { now, ...(object.kind === 'PersistentVolumeClaim' ? { pods: [] } : {}) });
  if (object.metadata.deletionTimestamp) return { health: 'terminating', message: fault?.context };
  if (fault !== undefined) return { health: 'unhealthy', message: fault.context };
  const judged = isHealthy(object);
  if (judged === null) return conditionsHealth(object);
  return judged ? { health: 'healthy' } : { health: 'progressing', message: shortfall(object) };
}

const healthByState: Readonly<Record<FluxState, Health>> = {
  ready: 'healthy',
  progressing: 'progressing',
  pending: 'progressing',
  suspended: 'suspended',
  blocked: 'unhealthy',
  failed: 'unhealthy',
  stalled: 'unhealthy',
};

function applierHealth(object: FluxObject): ObjectHealth {
  const state = stateOf(object);
  const health = healthByState[state];
  if (health === 'healthy') return { health };
  return { health, message: `${state}${said(conditionOf(object.status?.conditions, 'Ready'))}` };
}

/** A source without conditions is one that nobody fetches, such as a Helm repository of type oci. */
function sourceHealth(object: FluxObject): ObjectHealth {
  if (object.spec?.suspend === true) return { health: 'suspended' };
  return conditionsHealth(object);
}

function conditionsHealth(object: KubeObject): ObjectHealth {
  const { conditions } = (object['status'] ?? {}) as { conditions?: readonly Condition[] };
  const known = items(conditions);
  const stalled = conditionOf(known, 'Stalled');
  if (stalled?.status === 'True') return { health: 'unhealthy', message: `Stalled${said(stalled)}` };
  const ready = ['Ready', 'Available', 'Established'].map((type) => conditionOf(known, type)).find((one) => one);
  if (ready === undefined || ready.status === 'True') return { health: 'healthy' };
  const underWay = conditionOf(known, 'Reconciling')?.reason === 'Progressing' || ready.status !== 'False';
  return { health: underWay ? 'progressing' : 'unhealthy', message: `not ${ready.type}${said(ready)}` };
}

function said(condition: Condition | undefined): string {
  const words = [textOf(condition?.reason), textOf(condition?.message)].filter((word) => word !== undefined);
  return words.length === 0 ? '' : `: ${words.join(': ')}`;
}

/** What a workload lacks; undefined for other kinds. */
function shortfall(object: KubeObject): string | undefined {
  const { spec, status } = object as Workload;
  if (object.kind === 'DaemonSet')
    return `${status?.numberReady ?? 0} of ${status?.desiredNumberScheduled ?? 0} pods are ready`;
  if (object.kind === 'Deployment' || object.kind === 'StatefulSet') {
    return `${status?.readyReplicas ?? 0} of ${spec?.replicas ?? 1} pods are ready`;
  }
  const { phase } = (object['status'] ?? {}) as { phase?: unknown };
  return textOf(phase);
}
