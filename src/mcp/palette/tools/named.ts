import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { listed } from '../../../lib/text.ts';
import { ToolError } from '../../tool-error.ts';
import type { Palette } from '../api/palette-api.ts';
import { clusterNames } from '../api/shapes.ts';
import { paletteUid } from '../config.ts';
import type { Asking } from './palette-tool.ts';

/** The arguments that name one cluster. */
export const clusterIdArgs = {
  cluster_uid: paletteUid.optional().describe('Uid of the cluster in Palette, as palette_list_clusters gives it.'),
  cluster_name: z.string().min(1).max(253).optional().describe('Its name, in place of the uid; only one may have it.'),
};

interface ClusterId {
  readonly cluster_uid?: string | undefined;
  readonly cluster_name?: string | undefined;
}

/** Something of Palette that has a name. */
interface Named {
  readonly metadata: { readonly uid: string; readonly name: string };
}

/** The uid of the cluster that the arguments name. @throws ToolError `invalid_argument`, `not_found`, `demo_only` */
export async function clusterUidOf(id: ClusterId, asking: Asking): Promise<string> {
  const { cluster_uid: uid, cluster_name: name } = id;
  if (uid !== undefined && name === undefined) return uid;
  if (name === undefined || uid !== undefined) {
    const fix = 'Give one of them, from palette_list_clusters.';
    throw new ToolError('invalid_argument', 'a cluster is named by either cluster_uid or cluster_name', fix);
  }
  return uniqueUid('cluster', name, await asking.ask('clusterNames', {}, clusterNames), asking.palette);
}

/** The uid of the one thing with a name. @throws ToolError `not_found`, `demo_only`, `invalid_argument` for several */
export function uniqueUid(
  kind: 'cluster' | 'cluster profile',
  name: string,
  known: readonly Named[],
  palette: Palette,
): string {
  const uids = new Set(known.filter(({ metadata }) => metadata.name === name).map(({ metadata }) => metadata.uid));
  const [only, ...others] = uids;
  if (others.length > 0) {
    const fix = `Give the uid of one of them: ${listed([...uids], 20)}.`;
    throw new ToolError('invalid_argument', `${uids.size} are called "${name}"`, fix);
  }
  if (only !== undefined) return only;
  const names = known.map(({ metadata }) => metadata.name);
  const near = names.length === 0 ? '' : `; the nearest name is "${closest(name, names)}"`;
  const there = `There are: ${listed(names, 20) || 'none'}.`;
  if (!palette.demo) throw new ToolError('not_found', `Palette shows no ${kind} "${name}"${near}`, there);
  throw new ToolError('demo_only', `the demo fleet has no ${kind} "${name}"${near}`, {
    steps: [there, 'Set palette.api_key to see the real ones.'],
  });
}
