export interface KindInfo {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespaced: boolean;
}

const table: readonly [string, string, boolean][] = [
  ['Pod', 'v1', true],
  ['Event', 'v1', true],
  ['ConfigMap', 'v1', true],
  ['Secret', 'v1', true],
  ['Service', 'v1', true],
  ['ServiceAccount', 'v1', true],
  ['PersistentVolumeClaim', 'v1', true],
  ['ResourceQuota', 'v1', true],
  ['LimitRange', 'v1', true],
  ['Namespace', 'v1', false],
  ['Node', 'v1', false],
  ['PersistentVolume', 'v1', false],
  ['Deployment', 'apps/v1', true],
  ['ReplicaSet', 'apps/v1', true],
  ['StatefulSet', 'apps/v1', true],
  ['DaemonSet', 'apps/v1', true],
  ['Job', 'batch/v1', true],
  ['CronJob', 'batch/v1', true],
  ['HorizontalPodAutoscaler', 'autoscaling/v2', true],
  ['PodDisruptionBudget', 'policy/v1', true],
  ['Ingress', 'networking.k8s.io/v1', true],
  ['NetworkPolicy', 'networking.k8s.io/v1', true],
  ['EndpointSlice', 'discovery.k8s.io/v1', true],
  ['Role', 'rbac.authorization.k8s.io/v1', true],
  ['RoleBinding', 'rbac.authorization.k8s.io/v1', true],
  ['ClusterRole', 'rbac.authorization.k8s.io/v1', false],
  ['ClusterRoleBinding', 'rbac.authorization.k8s.io/v1', false],
  ['StorageClass', 'storage.k8s.io/v1', false],
  ['PriorityClass', 'scheduling.k8s.io/v1', false],
  ['MutatingWebhookConfiguration', 'admissionregistration.k8s.io/v1', false],
  ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1', false],
];

const byKind = new Map(table.map(([kind, apiVersion, namespaced]) => [kind, { kind, apiVersion, namespaced }]));

/** How a kind is asked for; null for a kind that the collector does not know. */
export function kindInfo(kind: string): KindInfo | null {
  return byKind.get(kind) ?? null;
}

/** The kind as the API writes it, whatever its case (`configmap`, `configmaps` → `ConfigMap`); null when unknown. */
export function canonicalKind(word: string): string | null {
  const wanted = word.toLowerCase();
  for (const kind of byKind.keys()) {
    const lower = kind.toLowerCase();
    if (lower === wanted || `${lower}s` === wanted || lower.replace(/y$/, 'ies') === wanted) return kind;
  }
  return null;
}
