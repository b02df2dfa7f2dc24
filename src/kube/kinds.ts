/** What has to be known of a kind of object. */
export interface KindFacts {
  /** As the API writes it. */
  readonly kind: Kind;
  readonly apiVersion: string;
  /** As it stands in the API's paths. */
  readonly plural: string;
  /** As kubectl has them. */
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /**
   * Whether a sweep lists it. `optional`: a credential need not be able to list it, and what a refusal hides is not told
   * as unread at each sweep.
   */
  readonly sweep: 'needed' | 'optional' | 'no';
  /** Runs pods from a template. */
  readonly workload: boolean;
}

type Row = readonly [
  apiVersion: string,
  plural: string,
  shortNames: string,
  scope: 'namespaced' | 'cluster',
  sweep: KindFacts['sweep'],
  runsPods: 'workload' | 'other',
];

/**
 * The one table of the kinds that we know, of Kubernetes' own API. Those of the sweep come first, in the order in which
 * they are read. Whoever needs more of a kind keeps a `Record<Kind, …>` or `Record<SweptKind, …>`: the compiler then
 * names what a new kind lacks.
 */
const table = {
  Node: ['v1', 'nodes', 'no', 'cluster', 'needed', 'other'],
  Pod: ['v1', 'pods', 'po', 'namespaced', 'needed', 'other'],
  Deployment: ['apps/v1', 'deployments', 'deploy', 'namespaced', 'needed', 'workload'],
  StatefulSet: ['apps/v1', 'statefulsets', 'sts', 'namespaced', 'needed', 'workload'],
  DaemonSet: ['apps/v1', 'daemonsets', 'ds', 'namespaced', 'needed', 'workload'],
  Job: ['batch/v1', 'jobs', '', 'namespaced', 'needed', 'workload'],
  PersistentVolumeClaim: ['v1', 'persistentvolumeclaims', 'pvc', 'namespaced', 'needed', 'other'],
  Event: ['v1', 'events', 'ev', 'namespaced', 'needed', 'other'],
  Service: ['v1', 'services', 'svc', 'namespaced', 'needed', 'other'],
  EndpointSlice: ['discovery.k8s.io/v1', 'endpointslices', '', 'namespaced', 'needed', 'other'],
  Ingress: ['networking.k8s.io/v1', 'ingresses', 'ing', 'namespaced', 'optional', 'other'],
  HorizontalPodAutoscaler: ['autoscaling/v2', 'horizontalpodautoscalers', 'hpa', 'namespaced', 'optional', 'other'],
  Namespace: ['v1', 'namespaces', 'ns', 'cluster', 'optional', 'other'],
  Endpoints: ['v1', 'endpoints', 'ep', 'namespaced', 'no', 'other'],
  ConfigMap: ['v1', 'configmaps', 'cm', 'namespaced', 'no', 'other'],
  Secret: ['v1', 'secrets', '', 'namespaced', 'no', 'other'],
  ServiceAccount: ['v1', 'serviceaccounts', 'sa', 'namespaced', 'no', 'other'],
  PersistentVolume: ['v1', 'persistentvolumes', 'pv', 'cluster', 'no', 'other'],
  ResourceQuota: ['v1', 'resourcequotas', 'quota', 'namespaced', 'no', 'other'],
  LimitRange: ['v1', 'limitranges', 'limits', 'namespaced', 'no', 'other'],
  ReplicationController: ['v1', 'replicationcontrollers', 'rc', 'namespaced', 'no', 'workload'],
  ReplicaSet: ['apps/v1', 'replicasets', 'rs', 'namespaced', 'no', 'workload'],
  CronJob: ['batch/v1', 'cronjobs', 'cj', 'namespaced', 'no', 'workload'],
  PodDisruptionBudget: ['policy/v1', 'poddisruptionbudgets', 'pdb', 'namespaced', 'no', 'other'],
  IngressClass: ['networking.k8s.io/v1', 'ingressclasses', '', 'cluster', 'no', 'other'],
  NetworkPolicy: ['networking.k8s.io/v1', 'networkpolicies', 'netpol', 'namespaced', 'no', 'other'],
  StorageClass: ['storage.k8s.io/v1', 'storageclasses', 'sc', 'cluster', 'no', 'other'],
  CSIDriver: ['storage.k8s.io/v1', 'csidrivers', '', 'cluster', 'no', 'other'],
  CSINode: ['storage.k8s.io/v1', 'csinodes', '', 'cluster', 'no', 'other'],
  VolumeAttachment: ['storage.k8s.io/v1', 'volumeattachments', '', 'cluster', 'no', 'other'],
  PriorityClass: ['scheduling.k8s.io/v1', 'priorityclasses', 'pc', 'cluster', 'no', 'other'],
  Role: ['rbac.authorization.k8s.io/v1', 'roles', '', 'namespaced', 'no', 'other'],
  RoleBinding: ['rbac.authorization.k8s.io/v1', 'rolebindings', '', 'namespaced', 'no', 'other'],
  ClusterRole: ['rbac.authorization.k8s.io/v1', 'clusterroles', '', 'cluster', 'no', 'other'],
  ClusterRoleBinding: ['rbac.authorization.k8s.io/v1', 'clusterrolebindings', '', 'cluster', 'no', 'other'],
  MutatingWebhookConfiguration: [
    'admissionregistration.k8s.io/v1',
    'mutatingwebhookconfigurations',
    '',
    'cluster',
    'no',
    'other',
  ],
  ValidatingWebhookConfiguration: [
    'admissionregistration.k8s.io/v1',
    'validatingwebhookconfigurations',
    '',
    'cluster',
    'no',
    'other',
  ],
  APIService: ['apiregistration.k8s.io/v1', 'apiservices', '', 'cluster', 'no', 'other'],
  CustomResourceDefinition: [
    'apiextensions.k8s.io/v1',
    'customresourcedefinitions',
    'crd crds',
    'cluster',
    'no',
    'other',
  ],
  Lease: ['coordination.k8s.io/v1', 'leases', '', 'namespaced', 'no', 'other'],
} as const satisfies Readonly<Record<string, Row>>;

export type Kind = keyof typeof table;

/** A kind that every sweep lists. */
export type SweptKind = { [K in Kind]: (typeof table)[K][4] extends 'no' ? never : K }[Kind];

/** A kind of which a reader is asked for a list. */
export interface KindToRead {
  readonly apiVersion: string;
  readonly kind: SweptKind;
  readonly namespaced: boolean;
  /** As `sweep: 'optional'`. */
  readonly optional?: true;
}

/** Every kind of the table. */
export const kinds: readonly KindFacts[] = (Object.entries(table) as readonly (readonly [Kind, Row])[]).map(
  ([kind, [apiVersion, plural, shortNames, scope, sweep, runsPods]]) => ({
    kind,
    apiVersion,
    plural,
    shortNames: shortNames === '' ? [] : shortNames.split(' '),
    namespaced: scope === 'namespaced',
    sweep,
    workload: runsPods === 'workload',
  }),
);

const byKind = new Map<string, KindFacts>(kinds.map((facts) => [facts.kind, facts]));

/** The kinds that run pods from a template. */
export const workloadKinds: readonly string[] = kinds.filter(({ workload }) => workload).map(({ kind }) => kind);

/** The kinds that a sweep lists, in the order in which they are read. */
export const kindsToRead: readonly KindToRead[] = kinds.flatMap(({ kind, apiVersion, namespaced, sweep }) => {
  if (!isSwept(kind)) return [];
  return [{ apiVersion, kind, namespaced, ...(sweep === 'optional' ? { optional: true } : {}) }];
});

const byWord = new Map<string, KindFacts>(
  kinds.flatMap((facts) =>
    [facts.kind.toLowerCase(), facts.plural, ...facts.shortNames].map((word) => [word, facts] as const),
  ),
);

/** What is known of a kind; null for one that is not in the table (a custom resource, say). */
export function kindFacts(kind: string): KindFacts | null {
  return byKind.get(kind) ?? null;
}

/**
 * The kind that a word means, as kubectl takes it: singular, plural or short, in any case, also with its group
 * (`deployments.apps`) or version and group (`deploy.v1.apps`). Null when there is none.
 */
export function kindNamed(word: string): KindFacts | null {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const facts = byWord.get(name) ?? null;
  if (facts === null || rest.length === 0) return facts;
  const group = groupOf(facts.apiVersion);
  const version = facts.apiVersion.slice(group.length + 1);
  return group !== '' && [group, `${version}.${group}`].includes(rest.join('.')) ? facts : null;
}

/** The plural of a kind of a group version that needs no lookup, null for others. Versions of a group share it. */
export function knownPlural(apiVersion: string, kind: string): string | null {
  const known = byKind.get(kind);
  return known && groupOf(known.apiVersion) === groupOf(apiVersion) ? known.plural : null;
}

/** Whether a sweep lists the kind. */
export function isSwept(kind: string): kind is SweptKind {
  return (byKind.get(kind)?.sweep ?? 'no') !== 'no';
}

/** The group of an `apiVersion`; empty for the core. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
