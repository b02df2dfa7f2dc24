/** One resource of the Kubernetes API that a simulated cluster serves. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
}

const table = `
v1 Pod pods ns po
v1 Node nodes - no
v1 Namespace namespaces - ns
v1 Event events ns ev
v1 Service services ns svc
v1 Endpoints endpoints ns ep
v1 ConfigMap configmaps ns cm
v1 Secret secrets ns
v1 ServiceAccount serviceaccounts ns sa
v1 PersistentVolume persistentvolumes - pv
v1 PersistentVolumeClaim persistentvolumeclaims ns pvc
v1 ResourceQuota resourcequotas ns quota
v1 LimitRange limitranges ns limits
v1 ReplicationController replicationcontrollers ns rc
apps/v1 Deployment deployments ns deploy
apps/v1 ReplicaSet replicasets ns rs
apps/v1 StatefulSet statefulsets ns sts
apps/v1 DaemonSet daemonsets ns ds
batch/v1 Job jobs ns
batch/v1 CronJob cronjobs ns cj
autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers ns hpa
policy/v1 PodDisruptionBudget poddisruptionbudgets ns pdb
networking.k8s.io/v1 Ingress ingresses ns ing
networking.k8s.io/v1 IngressClass ingressclasses -
networking.k8s.io/v1 NetworkPolicy networkpolicies ns netpol
discovery.k8s.io/v1 EndpointSlice endpointslices ns
storage.k8s.io/v1 StorageClass storageclasses - sc
storage.k8s.io/v1 CSIDriver csidrivers -
storage.k8s.io/v1 CSINode csinodes -
storage.k8s.io/v1 VolumeAttachment volumeattachments -
scheduling.k8s.io/v1 PriorityClass priorityclasses - pc
rbac.authorization.k8s.io/v1 Role roles ns
rbac.authorization.k8s.io/v1 RoleBinding rolebindings ns
rbac.authorization.k8s.io/v1 ClusterRole clusterroles -
rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings -
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration mutatingwebhookconfigurations -
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations -
apiregistration.k8s.io/v1 APIService apiservices -
apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions - crd
coordination.k8s.io/v1 Lease leases ns
`;

/** The built-in resources of Kubernetes 1.34 that matter to triage. */
export const resourceTypes: readonly ResourceType[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [apiVersion = '', kind = '', plural = '', scope, ...shortNames] = line.split(' ');
    return { apiVersion, kind, plural, namespaced: scope === 'ns', shortNames };
  });

const byKind = new Map(resourceTypes.map((type) => [`${type.apiVersion}/${type.kind}`, type]));

export function resourceByKind(apiVersion: string, kind: string): ResourceType | null {
  return byKind.get(`${apiVersion}/${kind}`) ?? null;
}

/** `pods`, `deployments.apps`: the name that the API's messages use. */
export function qualifiedName(type: ResourceType): string {
  const group = type.apiVersion.includes('/') ? type.apiVersion.split('/')[0] : '';
  return group ? `${type.plural}.${group}` : type.plural;
}
