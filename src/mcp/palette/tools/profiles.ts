import { z } from 'zod';
import { listOf, pageArgs, pageOf } from '../../page.ts';
import type { Tool } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { present } from '../../present.ts';
import { type AskPage, fetchFirst, fetchFitting } from '../api/pages.ts';
import { profile, profilePacks, type ProfileSummary, profileSummary } from '../api/shapes.ts';
import { paletteUid } from '../config.ts';
import { packVersion } from '../rules/pack-version.ts';
import { uniqueUid } from './named.ts';
import { type Asking, definePalette, type PaletteTools } from './palette-tool.ts';

const profileTypes = ['cluster', 'infra', 'add-on', 'system'] as const;
const scopes = ['system', 'tenant', 'project'] as const;

/** A profile as lists show it. */
export const profileOutput = z.object({
  uid: z.string(),
  name: z.string(),
  type: z.string().optional().describe('cluster, infra, add-on or system.'),
  cloud: z.string().optional().describe('all: of every cloud.'),
  scope: z.string().optional(),
  version: z.string().optional(),
  versions: z.array(z.string()),
  published: z.boolean(),
  packs: z.array(z.string()).describe('NAME VERSION of each pack, from the operating system up.'),
  clusters: z.int().describe('Clusters that use it.'),
  deprecated_packs: z.int(),
});

/** `list_cluster_profiles` of Palette. */
export function listProfiles(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'list_cluster_profiles',
      title: 'List Palette cluster profiles',
      description:
        'Cluster profiles of Palette: what a cluster is made of, as a stack of packs with versions. Use it to find a profile and its uid.',
      input: z.strictObject({
        type: z
          .enum(profileTypes)
          .optional()
          .describe('cluster: a whole stack; infra: without add-ons; add-on: on top of one.'),
        cloud: z.string().min(1).max(64).optional().describe('Profiles for this cloud, and those for every cloud.'),
        scope: z.enum(scopes).optional().describe('Whose it is: of Palette, of the tenant, of a project.'),
        ...pageArgs,
      }),
      output: listOf(profileOutput),
      cut: 'items',
      run: async (args, asking) => {
        const askPage = profilePages(asking, present({ profileType: args.type && [args.type], scope: args.scope }));
        const { cloud } = args;
        const fits = cloud === undefined ? null : (one: ProfileSummary) => isForCloud(one, cloud);
        const page = await pageOf(args, asking.call, (token, limit) => fetchFitting(askPage, fits, token, limit));
        return { ...page, items: page.items.map(profileFacts), ...asking.read };
      },
    },
    tools,
  );
}

/** Pages of the profiles that a filter of Palette takes. */
export function profilePages(asking: Asking, filter: object): AskPage<ProfileSummary> {
  return asking.pages('searchProfiles', { body: { filter, sort: [] } }, profileSummary);
}

/** What a summary says of what is published; a draft is what was never published. */
export function contentOf({ specSummary: spec }: ProfileSummary) {
  return spec?.published?.packs.length ? spec.published : (spec?.draft ?? spec?.published);
}

/** Whether a profile can be used in a cloud. */
function isForCloud(one: ProfileSummary, cloud: string): boolean {
  const own = contentOf(one)?.cloudType?.toLowerCase() ?? 'all';
  return own === 'all' || own === cloud.toLowerCase();
}

export function profileFacts(summary: ProfileSummary): z.input<typeof profileOutput> {
  const { metadata, specSummary, status } = summary;
  const content = contentOf(summary);
  return {
    uid: metadata.uid,
    name: metadata.name,
    versions: (specSummary?.versions ?? []).map(({ version }) => version),
    published: status?.isPublished ?? false,
    packs: (content?.packs ?? []).map((pack) => [pack.name, packVersion(pack)].filter(Boolean).join(' ')),
    clusters: status?.inUseClusters.length ?? 0,
    deprecated_packs: Math.trunc(status?.pack?.deprecated ?? 0),
    ...present({
      type: content?.type,
      cloud: content?.cloudType,
      scope: metadata.annotations['scope'],
      version: specSummary?.version,
    }),
  };
}

const detailsOutput = z.object({
  uid: z.string(),
  name: z.string(),
  type: z.string().optional(),
  cloud: z.string().optional(),
  scope: z.string().optional(),
  version: z.string().optional(),
  versions: z.array(z.string()),
  published: z.boolean(),
  clusters: z.array(z.string()).describe('Names of clusters that use it.'),
  packs: z.array(
    z.object({
      name: z.string(),
      display_name: z.string().optional(),
      version: z.string().optional(),
      layer: z.string().optional(),
      type: z.string().optional(),
      addon_type: z.string().optional(),
      registry_uid: z.string().optional(),
      end_of_life: z.string().optional(),
      manifests: z.array(z.string()),
      values_bytes: z.int().describe('Size of its values; what they say is not given: they may hold secrets.'),
    }),
  ),
});

/** `get_profile_details` of Palette. */
export function profileDetails(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'get_profile_details',
      title: 'Show a Palette cluster profile',
      description:
        'One cluster profile: its packs with layer, version and end of life, its versions, and the clusters that use it. Values of packs are not given.',
      input: z.strictObject({
        profile_uid: paletteUid.optional().describe('Uid of the profile, as palette_list_cluster_profiles gives it.'),
        profile_name: z.string().min(1).max(253).optional().describe('Its name, in place of the uid.'),
        version: z.string().min(1).max(64).optional().describe('One of its versions; the newest without it.'),
      }),
      output: detailsOutput,
      run: async (args, asking) => {
        const uid = await profileUidOf(args, asking);
        const newest = await asking.ask('profile', { uid }, profile);
        const wanted = versionUid(newest, args.version);
        const [shown, packs] = await Promise.all([
          wanted === newest.metadata.uid ? newest : asking.ask('profile', { uid: wanted }, profile),
          asking.ask('profilePacks', { uid: wanted }, profilePacks),
        ]);
        return { ...detailsOf(shown), packs: packs.items.map(({ spec }) => packOf(spec)) };
      },
    },
    tools,
  );
}

type Profile = z.output<typeof profile>;

async function profileUidOf(
  { profile_uid: uid, profile_name: name }: { profile_uid?: string | undefined; profile_name?: string | undefined },
  asking: Asking,
): Promise<string> {
  if (uid !== undefined && name === undefined) return uid;
  if (name === undefined || uid !== undefined) {
    const fix = 'Give one of them, from palette_list_cluster_profiles.';
    throw new ToolError('invalid_argument', 'a profile is named by either profile_uid or profile_name', fix);
  }
  const { items } = await fetchFirst(profilePages(asking, { profileName: { eq: name } }), 50);
  return uniqueUid('cluster profile', name, items, asking.palette);
}

/** Each version of a profile has a uid of its own. @throws ToolError `not_found` */
function versionUid({ metadata, spec }: Profile, version: string | undefined): string {
  if (version === undefined || version === spec?.version) return metadata.uid;
  const known = spec?.versions ?? [];
  const found = known.find((one) => one.version === version);
  if (found !== undefined) return found.uid;
  const versions = known.map((one) => one.version).join(', ');
  throw new ToolError(
    'not_found',
    `the profile "${metadata.name}" has no version ${version}`,
    `It has: ${versions || 'none'}.`,
  );
}

function detailsOf({ metadata, spec, status }: Profile): Omit<z.input<typeof detailsOutput>, 'packs'> {
  const content = spec?.published ?? spec?.draft;
  return {
    uid: metadata.uid,
    name: metadata.name,
    versions: (spec?.versions ?? []).map(({ version }) => version),
    published: status?.isPublished ?? spec?.published !== undefined,
    clusters: (status?.inUseClusters ?? []).flatMap(({ name }) => name ?? []),
    ...present({
      type: content?.type,
      cloud: content?.cloudType,
      scope: metadata.annotations['scope'],
      version: spec?.version,
    }),
  };
}

function packOf(
  spec: z.output<typeof profilePacks>['items'][number]['spec'],
): z.input<typeof detailsOutput>['packs'][number] {
  return {
    name: spec.name,
    manifests: spec.manifests.flatMap(({ name }) => name ?? []),
    values_bytes: Buffer.byteLength(spec.values ?? ''),
    ...present({
      display_name: spec.displayName,
      version: spec.version,
      layer: spec.layer,
      type: spec.type,
      addon_type: spec.addonType,
      registry_uid: spec.registryUid,
      end_of_life: spec.eol,
    }),
  };
}
