import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { compareText } from './cluster-event.ts';
import { type ContainerView, containersOf } from './container-view.ts';
import type { EvidenceGraph } from './evidence-graph.ts';
import { dig, listAt, numberAt, textAt, textsAt } from './fields.ts';
import { entityKey, entityOf, rootOwner } from './owner.ts';

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

const topKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'ReplicaSet'];

/** Every workload of the evidence, by name. */
export function buildWorkloads(graph: EvidenceGraph): readonly Workload[] {
  const groups = new Map<string, { entity: Entity; pods: PodView[] }>();
  const group = (entity: Entity) => {
    const key = entityKey(entity);
    const found = groups.get(key) ?? { entity, pods: [] };
    groups.set(key, found);
    return found;
  };
  for (const kind of topKinds) {
    for (const object of graph.all(kind)) {
      const root = rootOwner(graph, object);
      if (topKinds.includes(root.kind)) group(root);
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
  const object = graph.get(entity.kind, entity.namespace, entity.name);
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
    currentPods: currentPods(object, pods, replicaSets, jobs),
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
  const newest = replicaSets[0] ?? (object?.kind === 'CronJob' ? jobs[0] : undefined);
  if (!newest) return pods.filter((pod) => !pod.deleting);
  return pods.filter(
    (pod) => !pod.deleting && (pod.object.metadata.ownerReferences ?? []).some((o) => o.name === newest.metadata.name),
  );
}

export function podView(pod: KubeObject): PodView {
  const ready = listAt(pod, 'status', 'conditions').find((it) => textAt(it, 'type') === 'Ready');
  return {
    object: pod,
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    node: textAt(pod, 'spec', 'nodeName'),
    phase: textAt(pod, 'status', 'phase'),
    ready: textAt(ready, 'status') === 'True',
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
