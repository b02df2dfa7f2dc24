import type { AnswerText, Question } from '../../../domain/question.ts';
import type { KeptOfIncident } from '../../../domain/questions/kept-incident.ts';

/** What rules answer from: plain data, which can cross to a thread. */
export interface KeptIncident extends KeptOfIncident {
  /** The options with which a `kubectl` of a person reaches its cluster and no other; none where it is not known. */
  readonly kubectl: readonly string[];
  /** ms since the epoch. */
  readonly now: number;
}

export interface AskedQuestion extends Pick<Question, 'talk' | 'after' | 'askedAt'> {
  readonly kept: KeptIncident;
  readonly text: string;
}

/** `understood`: whether the rules knew what was asked. */
export interface RulesAnswer extends AnswerText {
  readonly by: 'rules';
  readonly understood: boolean;
}
