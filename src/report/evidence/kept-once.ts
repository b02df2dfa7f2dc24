import pLimit from 'p-limit';
import type { ArtifactStore, StoredFile } from '../../domain/ports.ts';
import type { KeptOfIncident, KeptReading } from '../../domain/questions/kept-incident.ts';
import type { Incident } from '../../domain/records.ts';
import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { type Verdict, verdictSchema } from '../../domain/verdict/verdict.ts';
import { once } from '../../lib/work/once.ts';

/** What is read of one incident, at most. */
const readLimits = { files: 1500, bytes: 16 * 1024 * 1024, verdictBytes: 1024 * 1024, atOnce: 16 };

/** Where what is kept of incidents is read. */
export interface KeptSources {
  readonly reader: Pick<StateReader, 'incident' | 'incidentHistory' | 'earlierQuestions'>;
  readonly artifacts: Pick<ArtifactStore, 'get' | 'list'>;
}

/** Reads what is kept of an incident for one question: files of 16 MiB at most, once for all who answer it. */
export function keptOnce(sources: KeptSources, incidentId: string): KeptReading {
  return readingOf(sources, incidentId, filesOnce(sources.artifacts));
}

type FilesOf = (rows: IncidentDetail, signal: AbortSignal) => Promise<KeptFiles>;

function readingOf(sources: KeptSources, incidentId: string, filesOf: FilesOf): KeptReading {
  const { reader } = sources;
  const detail = once(() => reader.incident(incidentId));
  const all = once(async (signal: AbortSignal): Promise<KeptOfIncident | null> => {
    const rows = await detail();
    if (rows === null) return null;
    const [files, history, earlier] = await Promise.all([
      filesOf(rows, signal),
      reader.incidentHistory(incidentId),
      reader.earlierQuestions(incidentId),
    ]);
    signal.throwIfAborted();
    return { ...files, detail: rows, history, earlier };
  });
  return { detail, all, anew: () => readingOf(sources, incidentId, filesOf) };
}

/** Files are replaced when an investigation ends, and never otherwise: until then they are read once. */
function filesOnce(artifacts: KeptSources['artifacts']): FilesOf {
  let known: { readonly after: string; readonly read: (signal: AbortSignal) => Promise<KeptFiles> } | null = null;
  return ({ incident, runs }, signal) => {
    const after = runs.map(({ id, status }) => `${id} ${status}`).join();
    if (known?.after !== after) known = { after, read: once((inner) => keptFiles(artifacts, incident, inner)) };
    return known.read(signal);
  };
}

type KeptFiles = Pick<KeptOfIncident, 'verdict' | 'files' | 'leftOut'>;

/** The verdict and the evidence of an incident as they are stored, bounded; what the verdict quotes comes first. */
async function keptFiles(
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
