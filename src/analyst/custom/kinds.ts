/* What is known of custom kinds before their cluster is asked: a lexicon, as of logs. Their state is read generically. */

/** A custom kind that makes a Secret or ConfigMap, and the paths at which its spec names it; its own name where none does. */
export interface Maker {
  readonly kind: string;
  /** The newest first: a cluster serves one of them. */
  readonly apiVersions: readonly string[];
  readonly makes: 'Secret' | 'ConfigMap';
  readonly paths: readonly (readonly string[])[];
}

/** Most common first: the list is cut off at what may be asked. */
export const makers: readonly Maker[] = [
  {
    kind: 'ExternalSecret',
    apiVersions: ['external-secrets.io/v1', 'external-secrets.io/v1beta1'],
    makes: 'Secret',
    paths: [['target', 'name']],
  },
  { kind: 'Certificate', apiVersions: ['cert-manager.io/v1'], makes: 'Secret', paths: [['secretName']] },
  {
    kind: 'SealedSecret',
    apiVersions: ['bitnami.com/v1alpha1'],
    makes: 'Secret',
    paths: [['template', 'metadata', 'name']],
  },
  {
    kind: 'VaultStaticSecret',
    apiVersions: ['secrets.hashicorp.com/v1beta1'],
    makes: 'Secret',
    paths: [['destination', 'name']],
  },
  {
    kind: 'InfisicalSecret',
    apiVersions: ['secrets.infisical.com/v1alpha1'],
    makes: 'Secret',
    paths: [['managedSecretReference', 'secretName']],
  },
  { kind: 'OnePasswordItem', apiVersions: ['onepassword.com/v1'], makes: 'Secret', paths: [] },
];

/** Paths at which specs of other custom kinds name the Secret that they make. */
export const commonPaths: readonly (readonly string[])[] = [
  ['secretName'],
  ['target', 'name'],
  ['destination', 'name'],
  ['writeConnectionSecretToRef', 'name'],
  ['template', 'metadata', 'name'],
  ['managedSecretReference', 'secretName'],
];

/** Labels by which a tool marks what it has put into a cluster, and the object of the tool that they name. */
export interface Marker {
  readonly label: string;
  readonly namespaceLabel: string | null;
  readonly kind: string;
  readonly apiVersion: string;
}

export const markers: readonly Marker[] = [
  {
    label: 'kustomize.toolkit.fluxcd.io/name',
    namespaceLabel: 'kustomize.toolkit.fluxcd.io/namespace',
    kind: 'Kustomization',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  },
  {
    label: 'helm.toolkit.fluxcd.io/name',
    namespaceLabel: 'helm.toolkit.fluxcd.io/namespace',
    kind: 'HelmRelease',
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
  },
  {
    label: 'argocd.argoproj.io/instance',
    namespaceLabel: null,
    kind: 'Application',
    apiVersion: 'argoproj.io/v1alpha1',
  },
  { label: 'strimzi.io/cluster', namespaceLabel: null, kind: 'Kafka', apiVersion: 'kafka.strimzi.io/v1beta2' },
  { label: 'cnpg.io/cluster', namespaceLabel: null, kind: 'Cluster', apiVersion: 'postgresql.cnpg.io/v1' },
];

/** The version of a group where a reference names only the group, or only a kind of it. */
export const groupOfKind: Readonly<Record<string, string>> = {
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  HelmRepository: 'source.toolkit.fluxcd.io/v1',
  HelmChart: 'source.toolkit.fluxcd.io/v1',
  Bucket: 'source.toolkit.fluxcd.io/v1',
};

/** What a custom object makes step by step: the last of them says what fails. */
export const steps: Readonly<Record<string, readonly { kind: string; apiVersion: string }[]>> = {
  'Certificate cert-manager.io': [
    { kind: 'CertificateRequest', apiVersion: 'cert-manager.io/v1' },
    { kind: 'Order', apiVersion: 'acme.cert-manager.io/v1' },
    { kind: 'Challenge', apiVersion: 'acme.cert-manager.io/v1' },
  ],
};
