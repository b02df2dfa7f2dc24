import { ProblemError } from '../lib/problem.ts';
import type { DeliveryTarget, RemotePost } from './records.ts';

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

/** What Slack says back: which incident a post is of, and what was heard before. */
export interface PostStore {
  /** The incident whose post it is; null when it is of none, and when it was posted anew elsewhere. */
  incidentOfPost(target: DeliveryTarget, post: RemotePost): Promise<string | null>;
  /** Where the post of an incident is now, null when there is none. */
  postOfIncident(target: DeliveryTarget, incidentId: string): Promise<RemotePost | null>;
  /**
   * Whether it is heard for the first time: what the other side may send several times, by its own id for it. Kept for a
   * day at least.
   */
  hearOnce(id: string, at: number): Promise<boolean>;
  /**
   * The post of an incident is edited to what is so by then, not before `notBefore`, also while the incident is silenced:
   * nobody hears an edit. Not where a message that shows it was put into the outbox since `since`, and not without a post;
   * `post` is taken for it where the one that made it has not told yet, or died.
   */
  showAgain(target: DeliveryTarget, incidentId: string, when: ShowAgain, at: number): Promise<void>;
}

export interface ShowAgain {
  readonly notBefore: number;
  readonly since?: number;
  readonly post?: RemotePost | null;
}
