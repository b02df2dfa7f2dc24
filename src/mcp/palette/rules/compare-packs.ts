import { createHash } from 'node:crypto';
import type { ClusterProfiles } from '../api/shapes.ts';

/** What a cluster runs of a pack. */
export interface RunningPack {
  readonly name: string;
  readonly layer: string;
  readonly version: string;
  /** Digest of its values: what they say is nobody's business here. */
  readonly values: string;
}

/** A pack that is not the same in all clusters. */
export interface PackDifference {
  readonly pack: string;
  readonly layer: string;
  readonly difference: 'missing' | 'version' | 'values';
  /** One for each cluster, in their order; '' where it is missing. */
  readonly versions: readonly string[];
}

/** The packs of a cluster by name; of one that several profiles bring the versions stand together. */
export function runningPacks({ profiles }: ClusterProfiles): ReadonlyMap<string, RunningPack> {
  const all = profiles.flatMap(({ spec }) => spec?.packs ?? []);
  const byName = Map.groupBy(all, ({ spec }) => spec.name);
  return new Map(
    [...byName].map(([name, packs]) => {
      const versions = packs.map(({ spec }) => spec.version ?? '').toSorted();
      const values = packs.map(({ spec }) => spec.values ?? '').toSorted();
      const digest = createHash('sha256').update(JSON.stringify(values)).digest('hex');
      return [name, { name, layer: packs[0]?.spec.layer ?? '', version: versions.join(', '), values: digest }];
    }),
  );
}

const layers = ['kernel', 'os', 'k8s', 'cni', 'csi', 'addon'];

/** What differs between clusters, from the operating system up, then by name; and how many packs are the same. */
export function comparePacks(clusters: readonly ReadonlyMap<string, RunningPack>[]): {
  readonly differences: readonly PackDifference[];
  readonly same: number;
} {
  const names = [...new Set(clusters.flatMap((packs) => [...packs.keys()]))];
  const differences = names.flatMap(
    (name) =>
      differenceOf(
        name,
        clusters.map((packs) => packs.get(name) ?? null),
      ) ?? [],
  );
  const rank = ({ layer }: PackDifference): number => (layers.indexOf(layer) + layers.length + 1) % (layers.length + 1);
  return {
    differences: differences.toSorted((a, b) => rank(a) - rank(b) || (a.pack < b.pack ? -1 : 1)),
    same: names.length - differences.length,
  };
}

function differenceOf(pack: string, running: readonly (RunningPack | null)[]): PackDifference | null {
  const layer = running.find((one) => one !== null)?.layer ?? '';
  const versions = running.map((one) => one?.version ?? '');
  if (running.includes(null)) return { pack, layer, difference: 'missing', versions };
  if (new Set(versions).size > 1) return { pack, layer, difference: 'version', versions };
  const values = new Set(running.map((one) => one?.values));
  return values.size > 1 ? { pack, layer, difference: 'values', versions } : null;
}
