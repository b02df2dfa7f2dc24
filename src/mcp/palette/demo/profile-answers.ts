import { type DemoPack, demoPacks, type DemoProfile, demoProfiles } from './catalogue.ts';
import { type DemoCluster, demoClusters } from './fleet.ts';

const registry = { name: 'Demo Registry', uid: 'de300000000000000000d001', scope: 'system' };

/** A profile in a list. */
export function profileSummaryAnswer(profile: DemoProfile): object {
  const { cloud, type, version, uid } = profile;
  return {
    metadata: profileMetadata(profile),
    specSummary: {
      version,
      versions: [{ uid, version }],
      published: { cloudType: cloud, type, packs: profile.packs.map((name) => packSummary(packOf(name))) },
    },
    status: { isPublished: true, inUseClusters: usersOf(profile), pack: { deleted: 0, deprecated: 0, disabled: 0 } },
  };
}

function packSummary({ name, title, layer, type, version, addonType }: DemoPack): object {
  const kind = addonType === undefined ? {} : { addonType };
  return { name, displayName: title, layer, type, tag: version, version, ...kind };
}

/** A profile by itself. */
export function profileAnswer(profile: DemoProfile): object {
  return {
    metadata: profileMetadata(profile),
    spec: {
      version: profile.version,
      versions: [{ uid: profile.uid, version: profile.version }],
      published: templateOf(profile, null),
    },
    status: { isPublished: true, inUseClusters: usersOf(profile) },
  };
}

export function profilePacksAnswer({ packs }: DemoProfile): object {
  return { items: packs.map((name) => packAnswer(packOf(name), packOf(name).version)) };
}

/** A pack of the catalogue. */
export function packMetadataAnswer({ name, title, layer, type, version, clouds, addonType }: DemoPack): object {
  return {
    apiVersion: 'v1',
    kind: 'pack',
    metadata: { name },
    spec: {
      name,
      displayName: title,
      layer,
      type,
      cloudTypes: clouds,
      registries: [{ ...registry, latestVersion: version }],
      ...(addonType === undefined ? {} : { addonType }),
    },
  };
}

/** The profiles of a cluster. */
export function profilesOf({ profiles }: DemoCluster): readonly DemoProfile[] {
  return demoProfiles.filter(({ uid }) => profiles.includes(uid));
}

function usersOf({ uid }: DemoProfile): readonly object[] {
  return demoClusters.filter(({ profiles }) => profiles.includes(uid)).map((one) => ({ uid: one.uid, name: one.name }));
}

function profileMetadata({ uid, name, labels, description, scope }: DemoProfile) {
  return { uid, name, labels, annotations: { scope, description } };
}

/** A profile as a cluster has it; as it is by now without one. */
export function templateOf({ uid, name, type, cloud, version, packs }: DemoProfile, cluster: DemoCluster | null) {
  return {
    uid,
    name,
    type,
    cloudType: cloud,
    profileVersion: version,
    packs: packs.map((pack) => {
      const { layer, type: packType } = packOf(pack);
      const running = cluster === null ? packOf(pack).version : versionIn(pack, cluster);
      return { name: pack, layer, type: packType, tag: running, version: running };
    }),
  };
}

/** A pack of a profile. */
export function packAnswer({ name, title, layer, type, addonType }: DemoPack, version: string) {
  return {
    metadata: { name },
    spec: {
      name,
      displayName: title,
      layer,
      type,
      version,
      registryUid: registry.uid,
      values: `# ${title} ${version}\n`,
      ...(addonType === undefined ? {} : { addonType }),
    },
  };
}

/** @throws Error for a name that the demo has not */
export function packOf(name: string): DemoPack {
  const found = demoPacks.find((pack) => pack.name === name);
  if (found === undefined) throw new Error(`the demo has no pack ${name}`);
  return found;
}

/** The version that a cluster runs. */
export function versionIn(pack: string, { behind }: DemoCluster): string {
  return behind[pack] ?? packOf(pack).version;
}
