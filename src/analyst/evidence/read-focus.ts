import type { Entity } from '../../domain/verdict.ts';
import { textAt, textsAt } from '../model/fields.ts';
import { selectorText } from '../model/label-selector.ts';
import type { ClusterWalk } from './cluster-walk.ts';

/** Kinds that are read whole for the namespace of a fault, most telling first. */
const namespaceKinds = [
  'Pod',
  'Event',
  'ReplicaSet',
  'Deployment',
  'Service',
  'StatefulSet',
  'Job',
  'EndpointSlice',
  'ConfigMap',
  'DaemonSet',
  'CronJob',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Ingress',
  'NetworkPolicy',
];

/** The objects of the incident themselves; of a node and other objects of the cluster also their events and pods. */
export async function readFocus(walk: ClusterWalk, focus: readonly Entity[]): Promise<void> {
  await Promise.all(focus.slice(0, 8).map((entity) => walk.get(entity.kind, entity.namespace, entity.name)));
  await Promise.all(focus.filter((it) => it.namespace === null).map((entity) => readClusterScoped(walk, entity)));
}

async function readClusterScoped(walk: ClusterWalk, entity: Entity): Promise<void> {
  if (entity.kind === 'Namespace') return;
  const events = walk.list('Event', { fieldSelector: `involvedObject.name=${entity.name}`, limit: 100 });
  if (entity.kind === 'Node') {
    const pods = await walk.list('Pod', { fieldSelector: `spec.nodeName=${entity.name}`, limit: 120 });
    await walk.list('Pod', { fieldSelector: 'status.phase=Pending', limit: 60 });
    await walk.list('Node');
    const namespaces = [...new Set(pods.map((pod) => pod.metadata.namespace ?? ''))];
    const system = namespaces.filter((it) => it.startsWith('kube-') || it.includes('system') || it.includes('network'));
    for (const namespace of system.slice(0, 2)) await walk.list('DaemonSet', { namespace });
    for (const namespace of namespaces.filter((it) => !system.includes(it)).slice(0, 4)) {
      await Promise.all([walk.list('Event', { namespace, limit: 200 }), walk.list('ReplicaSet', { namespace })]);
    }
  }
  if (entity.kind === 'PersistentVolume') {
    const volume = await walk.get('PersistentVolume', null, entity.name);
    const namespace = textAt(volume, 'spec', 'claimRef', 'namespace');
    if (namespace !== '') await walk.list('PersistentVolumeClaim', { namespace });
  }
  await events;
}

/** The namespace of the fault, kind by kind. */
export async function readNamespace(walk: ClusterWalk, namespace: string): Promise<void> {
  await Promise.all([
    ...namespaceKinds.map((kind) => walk.list(kind, kind === 'Event' ? { namespace, limit: 500 } : { namespace })),
    walk.get('Namespace', null, namespace),
  ]);
}

/** Where a namespace is too large to be read whole: the pods, ReplicaSets and events of the incident's own workloads. */
export async function readOwnParts(walk: ClusterWalk, focus: readonly Entity[]): Promise<void> {
  for (const entity of focus.slice(0, 3)) {
    const namespace = entity.namespace ?? '';
    if (!['Pod', 'ReplicaSet', 'Event'].some((kind) => walk.truncated.has(`${kind} ${namespace}`))) continue;
    const object = await walk.get(entity.kind, entity.namespace, entity.name);
    const labelSelector = selectorText(textsAt(object, 'spec', 'selector', 'matchLabels'));
    if (labelSelector === '') continue;
    const [pods, sets] = await Promise.all([
      walk.list('Pod', { namespace, labelSelector, limit: 40 }),
      walk.list('ReplicaSet', { namespace, labelSelector, limit: 20 }),
    ]);
    const names = [
      entity.name,
      ...sets.slice(0, 2).map((it) => it.metadata.name),
      ...pods.slice(0, 3).map((it) => it.metadata.name),
    ];
    await Promise.all(
      names.map((name) => walk.list('Event', { namespace, fieldSelector: `involvedObject.name=${name}`, limit: 30 })),
    );
  }
}
