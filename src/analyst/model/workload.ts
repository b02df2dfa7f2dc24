import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts, workloadKinds } from '../../kube/kinds.ts';
import { entityKey, entityOf, rootOwner } from './entities.ts';
import { compareText, type EvidenceGraph } from './evidence-graph.ts';
import { conditionAt, dig, listAt, numberAt, textAt, textsAt, timeAt } from './fields.ts';

export interface PodView {
  readonly object: KubeObject;
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly deleting: boolean;
  readonly containers: readonly ContainerView[];
}

/** What a person deploys: the top of an owner chain with its pods. */
export interface Workload {
  readonly entity: Entity;
  /** Null when only its pods were read. */
  readonly object: KubeObject | null;
  /** The object that holds the pod template and the newest revision: the Job of a CronJob, else the object itself. */
  readonly template: unknown;
  readonly templateLabels: Readonly<Record<string, string>>;
  /** All its pods, the newest first. */
  readonly pods: readonly PodView[];
  /** Those of the newest revision. */
  readonly currentPods: readonly PodView[];
  /** ReplicaSets, newest first; empty for other kinds. */
  readonly replicaSets: readonly KubeObject[];
  /** Jobs of a CronJob (or the Job itself), newest first. */
  readonly jobs: readonly KubeObject[];
  readonly desired: number;
}

/** Every workload of the evidence, by name. */
export function buildWorkloads(graph: EvidenceGraph): readonly Workload[] {
  const groups = new Map<string, { entity: Entity; pods: PodView[] }>();
  const group = (entity: Entity) => {
    const key = entityKey(entity);
    const found = groups.get(key) ?? { entity, pods: [] };
    groups.set(key, found);
    return found;
  };
  for (const kind of workloadKinds) {
    for (const object of graph.all(kind)) {
      const root = rootOwner(graph, object);
      if (workloadKinds.includes(root.kind)) group(root);
    }
  }
  for (const pod of graph.all('Pod')) {
    const root = rootOwner(graph, pod);
    group(root.kind === 'Node' ? entityOf(pod) : root).pods.push(podView(pod));
  }
  return [...groups.values()]
    .map(({ entity, pods }) => workload(graph, entity, pods))
    .sort((a, b) => compareText(entityKey(a.entity), entityKey(b.entity)));
}

function workload(graph: EvidenceGraph, entity: Entity, pods: PodView[]): Workload {
  // The status of a custom resource that owns pods says nothing in the fields of a Deployment.
  const object = kindFacts(entity.kind) === null ? null : graph.get(entity.kind, entity.namespace, entity.name);
  const owned = (kind: string): KubeObject[] =>
    graph
      .all(kind, entity.namespace)
      .filter((it) => (it.metadata.ownerReferences ?? []).some((o) => o.name === entity.name && o.kind === entity.kind))
      .sort((a, b) => revision(b) - revision(a) || compareText(created(b), created(a)));
  const replicaSets = entity.kind === 'Deployment' ? owned('ReplicaSet') : [];
  const jobs = entity.kind === 'CronJob' ? owned('Job') : entity.kind === 'Job' && object ? [object] : [];
  pods.sort((a, b) => compareText(created(b.object), created(a.object)) || compareText(a.name, b.name));
  const templateOwner = entity.kind === 'CronJob' ? dig(object, 'spec', 'jobTemplate') : object;
  return {
    entity,
    object,
    template: dig(templateOwner, 'spec', 'template', 'spec') ?? pods[0]?.object['spec'],
    templateLabels: textsAt(templateOwner, 'spec', 'template', 'metadata', 'labels'),
    pods,
    currentPods: withoutLeftovers(currentPods(object, pods, replicaSets, jobs), desiredPods(object, pods)),
    replicaSets,
    jobs,
    desired: desiredPods(object, pods),
  };
}

function currentPods(
  object: KubeObject | null,
  pods: readonly PodView[],
  replicaSets: readonly KubeObject[],
  jobs: readonly KubeObject[],
): readonly PodView[] {
  const newest = replicaSets[0] ? [replicaSets[0]] : object?.kind === 'CronJob' ? tellingJobs(jobs) : [];
  if (newest.length === 0) return pods.filter((pod) => !pod.deleting);
  const names = new Set(newest.map((it) => it.metadata.name));
  return pods.filter(
    (pod) => !pod.deleting && (pod.object.metadata.ownerReferences ?? []).some((o) => names.has(o.name)),
  );
}

/** The newest Job; while it and others have not ended, also the one before them, if that failed. */
function tellingJobs(jobs: readonly KubeObject[]): readonly KubeObject[] {
  const is = (job: KubeObject, type: string): boolean => conditionAt(job, type, 'True') !== undefined;
  const at = jobs.findIndex((job) => is(job, 'Complete') || is(job, 'Failed'));
  const ended = jobs[at];
  if (!ended || at === 0) return jobs.slice(0, 1);
  return jobs.slice(0, is(ended, 'Failed') ? at + 1 : at);
}

/** Kinds that replace a pod that has ended: what is left of it says nothing of them. */
const replacing: ReadonlySet<string> = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController']);

/** A pod that has ended and whose controller makes another: shut down, preempted, evicted, completed. */
export function isLeftover({ object, phase }: PodView): boolean {
  const controller = (object.metadata.ownerReferences ?? []).find((owner) => owner.controller === true);
  return (phase === 'Failed' || phase === 'Succeeded') && controller !== undefined && replacing.has(controller.kind);
}

/** Without what is left of ended pods, where enough others are ready. */
function withoutLeftovers(pods: readonly PodView[], desired: number): readonly PodView[] {
  const ready = pods.filter((pod) => pod.ready).length;
  return ready >= desired && ready > 0 ? pods.filter((pod) => !isLeftover(pod)) : pods;
}

export function podView(pod: KubeObject): PodView {
  return {
    object: pod,
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    node: textAt(pod, 'spec', 'nodeName'),
    phase: textAt(pod, 'status', 'phase'),
    ready: conditionAt(pod, 'Ready', 'True') !== undefined,
    deleting: pod.metadata.deletionTimestamp !== undefined,
    containers: containersOf(pod),
  };
}

function desiredPods(object: KubeObject | null, pods: readonly PodView[]): number {
  if (!object) return pods.length;
  if (object.kind === 'DaemonSet') return numberAt(object, 'status', 'desiredNumberScheduled') ?? 0;
  if (object.kind === 'Job') return numberAt(object, 'spec', 'parallelism') ?? 1;
  if (object.kind === 'Pod') return 1;
  return object.kind === 'CronJob' ? 0 : (numberAt(object, 'spec', 'replicas') ?? 1);
}

const revision = (object: KubeObject): number =>
  Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);

const created = (object: KubeObject): string => object.metadata.creationTimestamp ?? '';

export interface Termination {
  readonly exitCode: number | null;
  readonly reason: string;
  readonly message: string;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A container of a pod, its spec and its status as one. */
export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  /** An init container with `restartPolicy: Always`: it runs beside the others. */
  readonly sidecar: boolean;
  readonly spec: unknown;
  readonly image: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly running: boolean;
  readonly runningSince: number | null;
  readonly waitingReason: string;
  readonly waitingMessage: string;
  readonly terminated: Termination | null;
  readonly lastTerminated: Termination | null;
}

/** Init containers first, in the order of the spec. */
export function containersOf(pod: KubeObject): readonly ContainerView[] {
  const view = (spec: unknown, init: boolean): ContainerView => {
    const name = textAt(spec, 'name');
    const statuses = listAt(pod, 'status', init ? 'initContainerStatuses' : 'containerStatuses');
    const status = statuses.find((it) => textAt(it, 'name') === name);
    return {
      name,
      init,
      sidecar: init && textAt(spec, 'restartPolicy') === 'Always',
      spec,
      image: textAt(spec, 'image'),
      ready: dig(status, 'ready') === true,
      restarts: numberAt(status, 'restartCount') ?? 0,
      running: dig(status, 'state', 'running') !== undefined,
      runningSince: timeAt(status, 'state', 'running', 'startedAt'),
      waitingReason: textAt(status, 'state', 'waiting', 'reason'),
      waitingMessage: textAt(status, 'state', 'waiting', 'message'),
      terminated: termination(dig(status, 'state', 'terminated')),
      lastTerminated: termination(dig(status, 'lastState', 'terminated')),
    };
  };
  return [
    ...listAt(pod, 'spec', 'initContainers').map((spec) => view(spec, true)),
    ...listAt(pod, 'spec', 'containers').map((spec) => view(spec, false)),
  ];
}

function termination(value: unknown): Termination | null {
  if (value === undefined || value === null) return null;
  return {
    exitCode: numberAt(value, 'exitCode'),
    reason: textAt(value, 'reason'),
    message: textAt(value, 'message'),
    startedAt: timeAt(value, 'startedAt'),
    finishedAt: timeAt(value, 'finishedAt'),
  };
}

/** The last end of a container: the current one, else the one before. */
export const lastEnd = (container: ContainerView): Termination | null =>
  container.terminated ?? container.lastTerminated;

export function containerSpec(workload: Workload, name: string): unknown {
  const all = [...listAt(workload.template, 'initContainers'), ...listAt(workload.template, 'containers')];
  return all.find((it) => textAt(it, 'name') === name) ?? all.at(-1);
}

/** The spec of the same container in the workload's template. */
export function templateContainer(workload: Workload, name: string): unknown {
  const all = [...listAt(workload.template, 'initContainers'), ...listAt(workload.template, 'containers')];
  return all.find((it) => textAt(it, 'name') === name);
}

/** The image tag of a container (`1.5.0` of `host:5000/shop/cart:1.5.0`), empty when there is none. */
export function imageTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  const digest = last.indexOf('@');
  if (digest >= 0) return last.slice(digest + 1);
  const colon = last.indexOf(':');
  return colon < 0 ? '' : last.slice(colon + 1);
}
