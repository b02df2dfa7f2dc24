import type * as apps from 'kubernetes-types/apps/v1.js';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2.js';
import type * as batch from 'kubernetes-types/batch/v1.js';
import type * as core from 'kubernetes-types/core/v1.js';
import type * as discovery from 'kubernetes-types/discovery/v1.js';
import type * as networking from 'kubernetes-types/networking/v1.js';
import type { KubeObject } from './cluster-reader.ts';

/*
 * The objects that we read, as Kubernetes' own API describes them. They come from servers that we do not control: every
 * field may be missing or null, so all are optional and nobody may rely on one. `items` reads a list whatever stands in
 * its place.
 */
type Foreign<T> = T extends readonly (infer Item)[]
  ? readonly Foreign<Item>[]
  : T extends object
    ? string extends keyof T
      ? Readonly<T>
      : { readonly [K in keyof T]?: Foreign<T[K]> | null }
    : T;

export type Pod = KubeObject & Foreign<Pick<core.Pod, 'spec' | 'status'>>;
export type NodeObject = KubeObject & Foreign<Pick<core.Node, 'spec' | 'status'>>;
export type Claim = KubeObject & Foreign<Pick<core.PersistentVolumeClaim, 'spec' | 'status'>>;
export type Job = KubeObject & Foreign<Pick<batch.Job, 'spec' | 'status'>>;
export type CronJob = KubeObject & Foreign<Pick<batch.CronJob, 'spec' | 'status'>>;
export type Service = KubeObject & Foreign<Pick<core.Service, 'spec'>>;
export type Ingress = KubeObject & Foreign<Pick<networking.Ingress, 'spec'>>;
export type Namespace = KubeObject & Foreign<Pick<core.Namespace, 'status'>>;
export type EndpointSlice = KubeObject & Foreign<Pick<discovery.EndpointSlice, 'ports' | 'endpoints'>>;
export type Autoscaler = KubeObject & Foreign<Pick<autoscaling.HorizontalPodAutoscaler, 'spec' | 'status'>>;
export type KubeEvent = KubeObject & Foreign<Omit<core.Event, 'apiVersion' | 'kind' | 'metadata'>>;

/** Deployment, ReplicaSet, StatefulSet and DaemonSet have these fields in common or not at all. */
export type Workload = KubeObject & {
  readonly spec?: Foreign<apps.DeploymentSpec & Pick<apps.StatefulSetSpec, 'serviceName'>> | null;
  readonly status?: Foreign<apps.DeploymentStatus & Omit<apps.DaemonSetStatus, 'conditions'>> | null;
};

export type ContainerStatus = Foreign<core.ContainerStatus>;
export type InvolvedObject = Foreign<core.ObjectReference>;
/** What the conditions of all kinds have in common. */
export type Condition = Foreign<Omit<core.NodeCondition, 'lastHeartbeatTime'> & { lastUpdateTime: string }>;

/** The elements of a foreign list: nothing when it is no list, without elements that are no objects. */
export function items<T extends object>(value: readonly T[] | null | undefined): readonly T[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).filter((item): item is T => typeof item === 'object' && item !== null);
}

/** The condition of a type, when the object has it. */
export function conditionOf(conditions: readonly Condition[] | null | undefined, type: string): Condition | undefined {
  return items(conditions).find((condition) => condition.type === type);
}

/** A Kubernetes time as ms since the epoch, null when it is none. */
export function timeOf(text: unknown): number | null {
  if (typeof text !== 'string' || text === '') return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** Since when a condition has its status, ms since the epoch. */
export function conditionTime(condition: Condition | undefined): number | null {
  return timeOf(condition?.lastTransitionTime) ?? timeOf(condition?.lastUpdateTime);
}

/** The controller among the owners of an object. */
export function controllerOf(object: KubeObject) {
  const owners = items(object.metadata.ownerReferences);
  return owners.find((owner) => owner.controller === true) ?? owners[0];
}
