import type { KubeObject } from '../cluster-reader.ts';
import { type SweptKind, isSwept } from '../kinds.ts';
import {
  type Autoscaler,
  type Claim,
  type Condition,
  type ContainerStatus,
  type EndpointSlice,
  type Ingress,
  type Job,
  type KubeEvent,
  type Namespace,
  type NodeObject,
  type Pod,
  type Service,
  type Workload,
  items,
} from '../objects.ts';

/** The message of an event is told to people; longer ones are cut, characters. */
const maxMessage = 2000;

/**
 * The object with what detectors, health and owners read of it and nothing else: whoever holds the objects of a whole
 * cluster holds them like this. A test runs the detectors and notes each field that they read: all of them are here.
 */
export function slimObject(object: KubeObject): KubeObject {
  const { apiVersion, kind } = object;
  const metadata = slimMetadata(object);
  if (isSwept(kind)) return { apiVersion, kind, metadata, ...slimParts[kind](object) };
  return { ...object, metadata: { ...metadata, ...pick(object.metadata, ['resourceVersion']) } };
}

function slimMetadata({ metadata }: KubeObject): KubeObject['metadata'] {
  const { ownerReferences } = metadata;
  const owners = Array.isArray(ownerReferences)
    ? { ownerReferences: items(ownerReferences).map((one) => pick(one, ownerKeys)) }
    : {};
  // Finalizers say something of an object in deletion only.
  const keys = metadata.deletionTimestamp ? leavingKeys : metadataKeys;
  return { ...pick(metadata, keys), ...owners, name: metadata.name };
}

const ownerKeys = ['apiVersion', 'kind', 'name', 'uid', 'controller'] as const;
const metadataKeys = ['namespace', 'uid', 'creationTimestamp', 'generation', 'labels'] as const;
const leavingKeys = [...metadataKeys, 'deletionTimestamp', 'deletionGracePeriodSeconds', 'finalizers'] as const;

/** The parts of each kind beside its metadata. */
const slimParts: Record<SweptKind, (object: KubeObject) => Record<string, unknown>> = {
  Pod: (pod: Pod) => ({ spec: podSpec(pod), status: podStatus(pod) }),
  Node: ({ spec, status }: NodeObject) => ({
    spec: pick(spec, ['taints', 'unschedulable']),
    status: { conditions: conditions(status?.conditions) },
  }),
  Deployment: slimWorkload,
  StatefulSet: slimWorkload,
  DaemonSet: slimWorkload,
  Job: ({ spec, status }: Job) => ({
    spec: pick(spec, ['parallelism', 'completions', 'suspend', 'managedBy']),
    status: {
      ...pick(status, ['active', 'failed', 'succeeded', 'startTime', 'completionTime']),
      conditions: conditions(status?.conditions),
    },
  }),
  PersistentVolumeClaim: ({ spec, status }: Claim) => ({
    spec: pick(spec, ['volumeName', 'storageClassName']),
    status: pick(status, ['phase']),
  }),
  Event: slimEvent,
  Service: ({ spec }: Service) => ({
    spec: {
      ...pick(spec, ['selector', 'type']),
      ports: items(spec?.ports).map((port) => pick(port, ['name', 'port', 'targetPort'])),
    },
  }),
  // One endpoint says as much as all of them.
  EndpointSlice: ({ endpoints, ports }: EndpointSlice) => ({
    endpoints: items(endpoints)
      .slice(0, 1)
      .map((endpoint) => pick(endpoint, ['conditions'])),
    ports: items(ports).map((port) => pick(port, ['name', 'port'])),
  }),
  Ingress: ({ spec }: Ingress) => ({ spec: pick(spec, ['rules', 'defaultBackend']) }),
  HorizontalPodAutoscaler: ({ status }: Autoscaler) => ({ status: { conditions: conditions(status?.conditions) } }),
  Namespace: ({ status }: Namespace) => ({
    status: { ...pick(status, ['phase']), conditions: conditions(status?.conditions) },
  }),
};

function podSpec({ spec }: Pod): Record<string, unknown> {
  const claims = items(spec?.volumes).filter((volume) => volume.persistentVolumeClaim);
  return {
    ...pick(spec, ['nodeName', 'schedulerName', 'schedulingGates', 'priority']),
    ...(claims.length === 0 ? {} : { volumes: claims.map(({ persistentVolumeClaim }) => ({ persistentVolumeClaim })) }),
    // Whether a pod only holds room free is asked of those alone whose priority is below zero.
    ...((spec?.priority ?? 0) < 0
      ? { containers: items(spec?.containers).map((container) => pick(container, ['name', 'image'])) }
      : {}),
  };
}

function podStatus({ status }: Pod): Record<string, unknown> {
  const init = items(status?.initContainerStatuses);
  return {
    ...pick(status, ['phase', 'reason', 'message', 'startTime']),
    conditions: conditions(status?.conditions),
    containerStatuses: items(status?.containerStatuses).map(containerStatus),
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map(containerStatus) }),
  };
}

function containerStatus(status: ContainerStatus): Record<string, unknown> {
  const { state, lastState } = status;
  return {
    ...pick(status, ['name', 'ready', 'restartCount']),
    state: containerState(state),
    ...(lastState?.terminated ? { lastState: containerState(lastState) } : {}),
  };
}

function containerState(state: ContainerStatus['state']): Record<string, unknown> {
  return {
    ...(state?.waiting ? { waiting: pick(state.waiting, ['reason', 'message']) } : {}),
    ...(state?.running ? { running: pick(state.running, ['startedAt']) } : {}),
    ...(state?.terminated
      ? { terminated: pick(state.terminated, ['exitCode', 'signal', 'reason', 'startedAt', 'finishedAt']) }
      : {}),
  };
}

function slimWorkload({ spec, status }: Workload): Record<string, unknown> {
  return {
    spec: {
      ...pick(spec, ['replicas', 'paused', 'selector', 'progressDeadlineSeconds', 'minReadySeconds']),
      template: { metadata: pick(spec?.template?.metadata, ['labels']) },
    },
    status: { ...pick(status, workloadStatusKeys), conditions: conditions(status?.conditions) },
  };
}

const workloadStatusKeys = [
  'observedGeneration',
  'replicas',
  'readyReplicas',
  'updatedReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'desiredNumberScheduled',
  'numberReady',
  'updatedNumberScheduled',
] as const;

function slimEvent(event: KubeEvent): Record<string, unknown> {
  const { message, involvedObject, series } = event;
  return {
    ...pick(event, ['type', 'reason', 'count', 'firstTimestamp', 'lastTimestamp', 'eventTime']),
    message: typeof message === 'string' && message.length > maxMessage ? cut(message) : message,
    involvedObject: pick(involvedObject, ['apiVersion', 'kind', 'namespace', 'name', 'uid', 'fieldPath']),
    ...(series ? { series: pick(series, ['count', 'lastObservedTime']) } : {}),
  };
}

/** A copy: a slice would keep the whole. */
function cut(text: string): string {
  return Buffer.from(text.slice(0, maxMessage)).toString('utf8');
}

function conditions(list: readonly Condition[] | null | undefined): Record<string, unknown>[] {
  return items(list).map((one) =>
    pick(one, ['type', 'status', 'reason', 'message', 'lastTransitionTime', 'lastUpdateTime']),
  );
}

/** Those of the keys that have a value. Servers put anything anywhere: what is no object has none. */
function pick<T extends object, K extends keyof T>(from: T | null | undefined, keys: readonly K[]): Pick<T, K> {
  const picked = {} as Pick<T, K>;
  if (typeof from !== 'object' || from === null) return picked;
  for (const key of keys) if (from[key] !== undefined && from[key] !== null) picked[key] = from[key];
  return picked;
}
