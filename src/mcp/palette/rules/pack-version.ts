import type { PackRef, ProfileTemplate } from '../api/shapes.ts';

/** Version of a pack. Where Palette gives none its tag stands for it. */
export function packVersion({ tag, version }: Pick<PackRef, 'tag' | 'version'>): string | undefined {
  return version !== undefined && version !== '' ? version : tag;
}

/** The version of Kubernetes is that of the pack of its layer. */
export function kubernetesVersion(profiles: readonly Pick<ProfileTemplate, 'packs'>[]): string | undefined {
  const pack = profiles.flatMap(({ packs }) => packs).find(({ layer }) => layer === 'k8s');
  return pack === undefined ? undefined : packVersion(pack);
}
