import pLimit from 'p-limit';
import type { ArtifactStore, EvidenceFile, StoredFile } from '../../domain/ports.ts';
import type { Incident } from '../../domain/records.ts';
import { type Verdict, verdictSchema } from '../../domain/verdict/verdict.ts';

/** What is read of one incident, at most. */
const readLimits = { files: 1500, bytes: 16 * 1024 * 1024, verdictBytes: 1024 * 1024, atOnce: 16 };

export interface KeptFiles {
  /** Of the latest run; null when there is none, or none that can be read. */
  readonly verdict: Verdict | null;
  readonly files: readonly EvidenceFile[];
  /** Files of evidence that are stored and were not read. */
  readonly leftOut: number;
}

/** The verdict and the evidence of an incident as they are stored, bounded; what the verdict quotes comes first. */
export async function keptFiles(
  artifacts: Pick<ArtifactStore, 'get' | 'list'>,
  { cluster, id }: Pick<Incident, 'cluster' | 'id'>,
  signal: AbortSignal,
): Promise<KeptFiles> {
  const stored = await artifacts.list(cluster, id);
  signal.throwIfAborted();
  const own = stored.find(({ path }) => path === 'verdict.json');
  const verdict =
    own === undefined || own.bytes > readLimits.verdictBytes
      ? null
      : readVerdict(await artifacts.get(cluster, id, own.path));
  const evidence = stored.filter(({ path }) => path.startsWith('evidence/'));
  const chosen = choose(evidence, verdict);
  const slots = pLimit(readLimits.atOnce);
  const read = await Promise.all(
    chosen.map(({ path }) =>
      slots(async () => {
        signal.throwIfAborted();
        const content = await artifacts.get(cluster, id, path);
        return content === null ? [] : [{ path, text: content.toString('utf8') }];
      }),
    ),
  );
  // One that went away meanwhile is left out too.
  const files = read.flat();
  return { verdict, files, leftOut: evidence.length - files.length };
}

function choose(evidence: readonly StoredFile[], verdict: Verdict | null): readonly StoredFile[] {
  const quoted = new Set(verdict?.causes.flatMap((cause) => cause.evidence.map(({ file }) => file)));
  const first = (path: string): number =>
    path === 'evidence/completeness.json' || path === 'evidence/index.json' ? 0 : quoted.has(path) ? 1 : 2;
  let bytes = 0;
  return evidence
    .toSorted((a, b) => first(a.path) - first(b.path))
    .filter((file, at) => {
      if (at >= readLimits.files || bytes + file.bytes > readLimits.bytes) return false;
      bytes += file.bytes;
      return true;
    });
}

/** A verdict of an older or newer version, or a file that was changed, counts as none. */
function readVerdict(content: Buffer | null): Verdict | null {
  if (content === null) return null;
  try {
    return verdictSchema.safeParse(JSON.parse(content.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
