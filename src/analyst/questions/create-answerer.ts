import type { ArtifactStore } from '../../domain/ports.ts';
import {
  longestQuestion,
  type Question,
  type QuestionAnswer,
  type QuestionAnswerer,
  TooManyQuestionsError,
} from '../../domain/question.ts';
import { type StateReader, StoreUnavailableError } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { createRedactor, type RedactorOptions } from '../../lib/redact/redact.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { keptFiles } from '../../report/evidence/kept-files.ts';
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
    keptFiles(deps.artifacts, detail.incident, signal),
    deps.reader.incidentHistory(incidentId),
  ]);
  signal.throwIfAborted();
  const { kubectl, redact } = deps.settings();
  const kept = { ...files, detail, history, kubectl: kubectl(detail.incident.cluster), now: deps.clock.now() };
  const answer = await work({ kept, text: text.slice(0, longestQuestion) });
  signal.throwIfAborted();
  // What is kept was searched for secrets; what people wrote beside it was not.
  const told = { text: createRedactor(redact).text(answer.text), sources: answer.sources, by: 'rules' };
  return answer.understood ? told : { ...told, understood: false };
}
