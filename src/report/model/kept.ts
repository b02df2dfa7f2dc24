import type { ArtifactStore, EvidenceFile, StoredFile } from '../../domain/ports.ts';
import { type Findings, findingsSchema, noDetails } from '../../domain/verdict/findings.ts';
import { type Verdict, verdictSchema } from '../../domain/verdict/verdict.ts';
import { ProblemError } from '../../lib/problem.ts';
import { findingsOf } from '../evidence/findings.ts';
import type { KeptArtifacts } from './incident-report.ts';

export interface KeptOptions {
  readonly artifacts: Pick<ArtifactStore, 'get' | 'list'>;
  readonly cluster: string;
  readonly incidentId: string;
  /** When its first fault began, ms since the epoch. */
  readonly since: number;
}

/** A larger file is read by nobody here. */
const maxBytes = 2 * 1024 * 1024;
/** Files of evidence that are read for a report of an older version, which has no findings. */
const maxEvidenceFiles = 12;

/** What is stored of an incident's answer. Never rejects: what cannot be read is in `problems`. */
export async function readKept(options: KeptOptions): Promise<KeptArtifacts> {
  const { artifacts, cluster, incidentId } = options;
  const problems: string[] = [];
  const tryTo = async <T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      problems.push(`${what} could not be read: ${whyNot(error)}`);
      return otherwise;
    }
  };
  const text = async (path: string): Promise<string | null> => {
    const content = await artifacts.get(cluster, incidentId, path);
    if (content !== null && content.length > maxBytes) throw new Error('too large');
    return content?.toString('utf8') ?? null;
  };
  const json = async (path: string): Promise<unknown> => {
    const content = await text(path);
    return content === null ? null : JSON.parse(content);
  };
  const files = await tryTo<readonly StoredFile[]>('The list of stored files', [], () =>
    artifacts.list(cluster, incidentId),
  );
  const verdict = await tryTo<Verdict | null>('The stored verdict', null, async () =>
    verdictSchema.nullable().parse(await json('verdict.json')),
  );
  const stored = await tryTo<Findings | null>('The stored findings', null, async () =>
    findingsSchema.nullable().parse(await json('findings.json')),
  );
  const findings =
    stored ??
    (verdict === null
      ? null
      : await tryTo('The stored evidence', olderFindings(verdict, [], options.since), async () =>
          olderFindings(verdict, await citedFiles(verdict, text), options.since),
        ));
  return { verdict, findings, files, problems };
}

/** What a person can be told of it: nothing that could hold an address with a key in it. */
function whyNot(error: unknown): string {
  if (error instanceof ProblemError) return `${error.message} (${error.toProblem().code})`;
  return 'it is damaged, or of another version.';
}

async function citedFiles(
  verdict: Verdict,
  text: (path: string) => Promise<string | null>,
): Promise<readonly EvidenceFile[]> {
  const cited = verdict.causes.flatMap(({ evidence }) => evidence.map(({ file }) => file));
  const paths = [...new Set(cited)].filter((path) => path.startsWith('evidence/')).slice(0, maxEvidenceFiles);
  const files = await Promise.all(paths.map(async (path) => ({ path, text: await text(path) })));
  return files.flatMap(({ path, text: content }) => (content === null ? [] : [{ path, text: content }]));
}

/** What can be said of an answer that was stored without its findings. */
function olderFindings(verdict: Verdict, files: readonly EvidenceFile[], since: number): Findings {
  return findingsOf({ verdict, details: { ...noDetails, missing: verdict.missing }, files, since });
}
