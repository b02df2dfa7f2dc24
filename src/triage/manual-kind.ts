export interface ManualKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Kinds that a person can name, with kubectl's plural and short names. */
const kinds: readonly (readonly [apiVersion: string, kind: string, names: string, scope?: 'cluster'])[] = [
  ['v1', 'Pod', 'pods po'],
  ['v1', 'Node', 'nodes no', 'cluster'],
  ['v1', 'Service', 'services svc'],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims pvc'],
  ['v1', 'PersistentVolume', 'persistentvolumes pv', 'cluster'],
  ['v1', 'Namespace', 'namespaces ns', 'cluster'],
  ['v1', 'ReplicationController', 'replicationcontrollers rc'],
  ['apps/v1', 'Deployment', 'deployments deploy'],
  ['apps/v1', 'ReplicaSet', 'replicasets rs'],
  ['apps/v1', 'StatefulSet', 'statefulsets sts'],
  ['apps/v1', 'DaemonSet', 'daemonsets ds'],
  ['batch/v1', 'Job', 'jobs'],
  ['batch/v1', 'CronJob', 'cronjobs cj'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers hpa'],
  ['networking.k8s.io/v1', 'Ingress', 'ingresses ing'],
];

const byName = new Map<string, ManualKind>();
for (const [apiVersion, kind, names, scope] of kinds) {
  const entry = { apiVersion, kind, namespaced: scope !== 'cluster' };
  for (const name of [kind.toLowerCase(), ...names.split(' ')]) byName.set(name, entry);
}

/** The kind that a person means, without regard to case; null when there is none. */
export function manualKind(name: string): ManualKind | null {
  return byName.get(name.toLowerCase()) ?? null;
}
