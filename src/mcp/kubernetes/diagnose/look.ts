import pLimit from 'p-limit';
import type { ClusterReader } from '../../../kube/cluster-reader.ts';
import type { Finding } from '../../../kube/detect/finding.ts';
import { slimObject } from '../../../kube/detect/slim.ts';
import { kindFacts, type KindToRead, kindsToRead, type SweptKind } from '../../../kube/kinds.ts';
import { scaleUps } from '../read/problems.ts';
import { Surroundings, waitsForNode } from '../read/surroundings.ts';
import type { NotChecked, ReadList } from '../read/whole-list.ts';

/** What a look at a cluster, or one of its namespaces, has found. */
export interface Look {
  readonly surroundings: Surroundings;
  readonly findings: readonly Finding[];
  /** What was looked at, one sentence each. */
  readonly checked: readonly string[];
}

interface Looking {
  readonly reader: ClusterReader;
  readonly namespace: string | undefined;
  /** Ms since the epoch. */
  readonly now: number;
  readonly notChecked: NotChecked;
}

/** Kinds are read so many at a time. */
const atOnce = 4;

/**
 * Reads every kind that a sweep reads and gives what detectors find in all of it.
 * @throws ReadError when not one of them could be read: nothing is known then, and nothing found is no good news
 */
export async function lookAt({ reader, namespace, now, notChecked }: Looking, signal: AbortSignal): Promise<Look> {
  const kinds = kindsToRead.filter(({ namespaced }) => namespaced || namespace === undefined);
  if (namespace !== undefined) notChecked.add('what has no namespace, such as nodes: one namespace was asked about');
  const slots = pLimit(atOnce);
  const read = kinds.map((kind) =>
    slots(async () => [kind.kind, await listOf(kind, namespace, reader, notChecked, signal)] as const),
  );
  const lists = new Map<SweptKind, ReadList>();
  for (const [kind, list] of await Promise.all(read)) if (list !== null) lists.set(kind, list);
  if (lists.size === 0 && notChecked.failure !== null) throw notChecked.failure;
  const waits = lists.get('Pod')?.items.some(waitsForNode) === true;
  const further = waits ? await scaleUps({ reader, namespace }, signal) : [];
  const surroundings = new Surroundings(lists, now, further);
  const checked = [...lists].map(([kind, { items }]) => `${nameOf(kind)}: ${items.length}`);
  return { surroundings, findings: surroundings.findings(), checked };
}

async function listOf(
  { apiVersion, kind, namespaced }: KindToRead,
  namespace: string | undefined,
  reader: ClusterReader,
  notChecked: NotChecked,
  signal: AbortSignal,
): Promise<ReadList | null> {
  const options = {
    ...(namespaced && namespace !== undefined ? { namespace } : {}),
    ...(kind === 'Event' ? { fieldSelector: 'type=Warning' } : {}),
    // Of a large cluster everything is held at once: what detectors read of it is a tenth.
    keep: slimObject,
  };
  return await notChecked.list(reader, [apiVersion, kind], options, signal);
}

function nameOf(kind: SweptKind): string {
  return kind === 'Event' ? 'warning events' : (kindFacts(kind)?.plural ?? kind);
}
