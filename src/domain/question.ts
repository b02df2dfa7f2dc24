import { ProblemError } from '../lib/problem.ts';

/** Longer questions are cut, characters. */
export const longestQuestion = 2000;

/** What a person asks about an incident. */
export interface Question {
  readonly incidentId: string;
  readonly text: string;
  /** The person, as they call themselves. */
  readonly by: string;
}

export interface QuestionAnswer {
  /** Plain text, one or more lines; not yet escaped for any output. Lines quoted from a cluster begin with `> `. */
  readonly text: string;
  /** Evidence files and parts that it was answered from. */
  readonly sources: readonly string[];
  /** `rules`, or the name of the agent. */
  readonly by: string;
}

/** A question was not taken, because too many are asked; the next may be. */
export class TooManyQuestionsError extends ProblemError {}

/** Answers what people ask about an incident, from what is kept of it. */
export interface QuestionAnswerer {
  /**
   * Says so itself where nothing is kept of the incident.
   * @throws TooManyQuestionsError; ProblemError when what is kept cannot be read now
   */
  answer(question: Question, signal: AbortSignal): Promise<QuestionAnswer>;
}
