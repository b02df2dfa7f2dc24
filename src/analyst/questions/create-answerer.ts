import pLimit from 'p-limit';
import type { ArtifactStore, EvidenceFile, StoredFile } from '../../domain/ports.ts';
import {
  longestQuestion,
  type Question,
  type QuestionAnswer,
  type QuestionAnswerer,
  TooManyQuestionsError,
} from '../../domain/question.ts';
import { type IncidentDetail, type StateReader, StoreUnavailableError } from '../../domain/state-store.ts';
import { type Verdict, verdictSchema } from '../../domain/verdict/verdict.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { createRedactor, type RedactorOptions } from '../../lib/redact/redact.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { analystProblems } from '../errors.ts';
import type { AskedQuestion, RulesAnswer } from './view/kept.ts';

export interface AnswererDeps {
  readonly reader: Pick<StateReader, 'incident' | 'incidentHistory'>;
  readonly artifacts: Pick<ArtifactStore, 'get' | 'list'>;
  /** Of the configuration of now. */
  readonly settings: () => QuestionSettings;
  readonly clock: Clock;
}

export interface QuestionSettings {
  /** The options with which people's kubectl reaches a cluster; none where it is not known. */
  readonly kubectl: (cluster: string) => readonly string[];
  readonly redact: RedactorOptions;
}

/** What is answered at most: in a minute, and at the same time. */
const limits = { perMinute: 60, atOnce: 4 };
const minuteMs = 60_000;
/** What one takes at most, reading included. */
const answerMs = 20_000;

/**
 * Answers questions by rules, from the rows and the stored files of an incident. It asks no cluster and changes nothing, and
 * what it costs is bounded for all who ask together. `work` works an answer out, here or in a thread.
 */
export function createQuestionAnswerer(
  deps: AnswererDeps,
  work: (asked: AskedQuestion) => Promise<RulesAnswer>,
): QuestionAnswerer {
  const begun: number[] = [];
  let working = 0;
  const admit = (): void => {
    const now = deps.clock.monotonic();
    while (begun.length > 0 && (begun[0] ?? 0) <= now - minuteMs) begun.shift();
    if (working >= limits.atOnce || begun.length >= limits.perMinute) {
      const what = working >= limits.atOnce ? `${working} questions are being answered` : 'many questions were asked';
      throw new TooManyQuestionsError(analystProblems.tooManyQuestions, `${what}, this one is not taken`);
    }
    begun.push(now);
  };
  return {
    answer: async (question, signal) => {
      admit();
      working += 1;
      try {
        return await withTimeLimit(deps.clock, answerMs, signal, (inner) => answerOf(deps, work, question, inner));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ProblemError || error instanceof StoreUnavailableError) throw error;
        throw new ProblemError(analystProblems.questionUnanswered, errorText(error), { cause: error });
      } finally {
        working -= 1;
      }
    },
  };
}

async function answerOf(
  deps: AnswererDeps,
  work: (asked: AskedQuestion) => Promise<RulesAnswer>,
  { incidentId, text }: Question,
  signal: AbortSignal,
): Promise<QuestionAnswer> {
  const detail = await deps.reader.incident(incidentId);
  if (detail === null) {
    return { text: 'Nothing is kept of this incident any more.', sources: [], by: 'rules' };
  }
  const [files, history] = await Promise.all([
    readKept(deps.artifacts, detail, signal),
    deps.reader.incidentHistory(incidentId),
  ]);
  signal.throwIfAborted();
  const { kubectl, redact } = deps.settings();
  const kept = { ...files, detail, history, kubectl: kubectl(detail.incident.cluster), now: deps.clock.now() };
  const answer = await work({ kept, text: text.slice(0, longestQuestion) });
  signal.throwIfAborted();
  // What is kept was searched for secrets; what people wrote beside it was not.
  return { text: createRedactor(redact).text(answer.text), sources: answer.sources, by: 'rules' };
}

/** What is read of one incident, at most. */
const readLimits = { files: 1500, bytes: 16 * 1024 * 1024, verdictBytes: 1024 * 1024, atOnce: 16 };

interface KeptFiles {
  readonly verdict: Verdict | null;
  readonly files: readonly EvidenceFile[];
  readonly leftOut: number;
}

/** The verdict and the evidence of an incident as they are stored, bounded; what the verdict quotes comes first. */
async function readKept(
  artifacts: Pick<ArtifactStore, 'get' | 'list'>,
  { incident: { cluster, id } }: Pick<IncidentDetail, 'incident'>,
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
