import { z } from 'zod';
import type { Tool } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { fetchFirst } from '../api/pages.ts';
import type { ProfileSummary } from '../api/shapes.ts';
import { packVersion } from '../rules/pack-version.ts';
import { type CatalogueProfile, matchProfiles } from '../rules/profile-match.ts';
import { definePalette, type PaletteTools } from './palette-tool.ts';
import { contentOf, profilePages } from './profiles.ts';

/** Profiles of a catalogue that are looked at. */
const maxProfiles = 500;
const maxBytes = 2048;

const output = z.object({
  recommendations: z.array(
    z.object({
      profile_uid: z.string(),
      profile_name: z.string(),
      type: z.string(),
      cloud: z.string(),
      version: z.string().optional(),
      score: z.int().describe('0 to 100; the same catalogue and words give the same.'),
      reasons: z.array(z.string()),
      missing: z.array(z.string()).describe('What the workload needs and this profile does not bring.'),
      packs: z.array(z.string()),
    }),
  ),
  considered: z.int().describe('Profiles that were looked at.'),
  truncated: z.boolean().describe('There are more profiles than were looked at.'),
});

/** `recommend_profile`: words and needs over the catalogue of profiles; no model is asked. */
export function recommendProfile(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'recommend_profile',
      title: 'Recommend a Palette cluster profile',
      description:
        'Which of the cluster profiles that exist in Palette fit a workload, with reasons and what would be missing. Decided by words and the packs of the profiles; add-on profiles can be put on top of a whole one.',
      input: z.strictObject({
        workload: z.string().trim().min(1).max(maxBytes).describe('What is to run, in plain words; at most 2 KiB.'),
        cloud: z.string().min(1).max(64).optional().describe('Cloud where it is to run, such as aws, azure, gcp.'),
        gpu: z.boolean().optional().describe('Whether it needs GPUs; without it the words decide.'),
        ha: z.boolean().optional().describe('Whether it has to be highly available; without it the words decide.'),
        limit: z.int().min(1).max(20).default(5).describe('Profiles that are given, the best first.'),
      }),
      output,
      run: async ({ workload, cloud = null, gpu = null, ha = null, limit }, asking) => {
        if (Buffer.byteLength(workload) > maxBytes) {
          throw new ToolError('invalid_argument', 'workload is longer than 2 KiB', 'Say it in fewer words.');
        }
        const { items, whole } = await fetchFirst(profilePages(asking, {}), maxProfiles);
        const versions = new Map(items.map(({ metadata, specSummary }) => [metadata.uid, specSummary?.version]));
        const matches = matchProfiles(items.map(catalogueProfile), { text: workload, cloud, gpu, ha });
        const recommendations = matches.slice(0, limit).map(({ profile, score, reasons, missing }) => {
          const version = versions.get(profile.uid);
          return {
            profile_uid: profile.uid,
            profile_name: profile.name,
            type: profile.type,
            cloud: profile.cloud,
            ...(version === undefined ? {} : { version }),
            score,
            reasons: [...reasons],
            missing: [...missing],
            packs: profile.packs.map(({ name }) => name),
          };
        });
        return { recommendations, considered: items.length, truncated: !whole };
      },
    },
    tools,
  );
}

function catalogueProfile(summary: ProfileSummary): CatalogueProfile {
  const { metadata, status } = summary;
  const content = contentOf(summary);
  return {
    uid: metadata.uid,
    name: metadata.name,
    type: content?.type ?? 'cluster',
    cloud: content?.cloudType ?? 'all',
    labels: metadata.labels,
    description: metadata.annotations['description'] ?? '',
    packs: (content?.packs ?? []).map((pack) => ({
      name: [pack.name, packVersion(pack)].filter(Boolean).join(' '),
      words: [pack.name, pack.displayName, pack.addonType, pack.layer].filter(Boolean).join(' '),
    })),
    published: status?.isPublished ?? false,
    clusters: status?.inUseClusters.length ?? 0,
    deprecatedPacks: Math.trunc(status?.pack?.deprecated ?? 0),
  };
}
