import type { ProfileTemplate } from '../api/shapes.ts';
import { packVersion } from './pack-version.ts';

/** A pack that a cluster runs otherwise than its profile says by now. */
export interface PackDrift {
  readonly profile: string;
  readonly pack: string;
  readonly layer: string | null;
  /** Null: the cluster does not run it. */
  readonly runs: string | null;
  /** Null: the profile does not have it any more. */
  readonly profile_says: string | null;
}

type Stack = Pick<ProfileTemplate, 'uid' | 'name' | 'packs'>;

/** What a cluster runs against what its profiles say by now, pack by pack, in the order of profiles and packs. */
export function packDrift(runs: readonly Stack[], updates: readonly Stack[]): readonly PackDrift[] {
  return updates.flatMap((update) => {
    const current =
      runs.find((one) => one.uid !== undefined && one.uid === update.uid) ??
      runs.find((one) => one.name === update.name);
    // A profile that the cluster does not have is no drift of it.
    return current === undefined ? [] : stackDrift(current, update);
  });
}

function stackDrift(current: Stack, update: Stack): PackDrift[] {
  const profile = update.name ?? current.name ?? update.uid ?? '';
  const names = new Set([...current.packs, ...update.packs].map(({ name }) => name));
  return [...names].flatMap((pack) => {
    const [here, there] = [current, update].map(({ packs }) => packs.find(({ name }) => name === pack));
    const runs = here === undefined ? null : (packVersion(here) ?? '');
    const says = there === undefined ? null : (packVersion(there) ?? '');
    if (runs === says) return [];
    return [{ profile, pack, layer: here?.layer ?? there?.layer ?? null, runs, profile_says: says }];
  });
}

/** A drift in a few words. */
export function driftText({ pack, runs, profile_says: says }: PackDrift): string {
  if (runs === null) return `${pack} ${says} is in the profile and not in the cluster`;
  return says === null
    ? `${pack} ${runs} is in the cluster and no longer in the profile`
    : `${pack} is ${runs}, the profile says ${says}`;
}
