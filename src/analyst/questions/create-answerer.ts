import { longestQuestion, type Question, type QuestionAnswer, TooManyQuestionsError } from '../../domain/question.ts';
import type { KeptReading, RulesAnswerer } from '../../domain/questions/kept-incident.ts';
import { StoreUnavailableError } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { createRedactor, type RedactorOptions } from '../../lib/redact/redact.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { keptOnce, type KeptSources } from '../../report/evidence/kept-once.ts';
import { analystProblems } from '../errors.ts';
import type { AskedQuestion, RulesAnswer } from './view/kept.ts';

export interface AnswererDeps extends KeptSources {
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
): RulesAnswerer {
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
    answer: async (question, signal, kept = keptOnce(deps, question.incidentId)) => {
      admit();
      working += 1;
      try {
        return await withTimeLimit(deps.clock, answerMs, signal, (inner) =>
          answerOf(deps, work, { question, kept }, inner),
        );
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
  {
    question: { text, talk, after, askedAt },
    kept: reading,
  }: { readonly question: Question; readonly kept: KeptReading },
  signal: AbortSignal,
): Promise<QuestionAnswer> {
  const all = await reading.all(signal);
  if (all === null) {
    const text = 'Nothing is kept of this incident any more.';
    return { text, sources: [], by: 'rules', noIncident: true };
  }
  const { kubectl, redact } = deps.settings();
  const now = deps.clock.now();
  const kept = { ...all, kubectl: kubectl(all.detail.incident.cluster), now };
  // The clock of who wrote it may be ahead of ours.
  const at = Math.min(askedAt ?? now, now);
  const answer = await work({ kept, text: text.slice(0, longestQuestion), talk, after, askedAt: at });
  signal.throwIfAborted();
  // What is kept was searched for secrets; what people wrote beside it was not.
  const told = { text: createRedactor(redact).text(answer.text), sources: answer.sources, by: 'rules' };
  return answer.understood ? told : { ...told, understood: false };
}
