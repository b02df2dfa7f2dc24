/** The kinds that hold what is applied, in the order in which they are listed. */
export const sourceKinds = [
  'GitRepository',
  'OCIRepository',
  'HelmRepository',
  'HelmChart',
  'Bucket',
  'ExternalArtifact',
] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** The kinds that apply something to the cluster. */
export const applierKinds = ['Kustomization', 'HelmRelease'] as const;
export type ApplierKind = (typeof applierKinds)[number];

export type FluxKind = SourceKind | ApplierKind;

interface FluxKindFacts {
  readonly group: string;
  /** The one that Flux 2.9 stores and whose fields are read here. */
  readonly version: string;
  readonly plural: string;
}

const source = { group: 'source.toolkit.fluxcd.io', version: 'v1' };

/** What is known of a kind of Flux (the CustomResourceDefinitions of its controllers). */
export const fluxKinds: Readonly<Record<FluxKind, FluxKindFacts>> = {
  GitRepository: { ...source, plural: 'gitrepositories' },
  OCIRepository: { ...source, plural: 'ocirepositories' },
  HelmRepository: { ...source, plural: 'helmrepositories' },
  HelmChart: { ...source, plural: 'helmcharts' },
  Bucket: { ...source, plural: 'buckets' },
  ExternalArtifact: { ...source, plural: 'externalartifacts' },
  Kustomization: { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', plural: 'kustomizations' },
  HelmRelease: { group: 'helm.toolkit.fluxcd.io', version: 'v2', plural: 'helmreleases' },
};

/** The kind of Flux that an object of this group and kind is; null for others, such as kustomize's own Kustomization. */
export function fluxKindOf(group: string, kind: string): FluxKind | null {
  const known = Object.hasOwn(fluxKinds, kind) ? (kind as FluxKind) : null;
  return known !== null && fluxKinds[known].group === group ? known : null;
}

export function isApplier(kind: string): kind is ApplierKind {
  return applierKinds.some((known) => known === kind);
}

export function isSource(kind: string): kind is SourceKind {
  return sourceKinds.some((known) => known === kind);
}
