import type { AskedStore } from '../../domain/history.ts';
import { type Question, type QuestionAnswer, questionText } from '../../domain/question.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';

export interface KeepAnsweredOptions {
  readonly store: AskedStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/**
 * Keeps what rules have answered for what is asked after it, where the question belongs to a talk. What was not understood
 * is no topic to go on from. Never rejects: what cannot be kept is asked in whole the next time.
 */
export function keepAnswered({ store, clock, logger }: KeepAnsweredOptions) {
  return async (question: Question, { text, by, understood, noIncident }: QuestionAnswer): Promise<void> => {
    const { incidentId, talk } = question;
    if (talk === undefined || understood === false || noIncident === true) return;
    const at = question.askedAt ?? clock.now();
    const { person, thread, id = newId('ask', at) } = talk;
    const asked = { id, at, by: oneLine(question.by, 100), person, thread, text: questionText(question.text) };
    try {
      await store.keepAnswered({ ...asked, incidentId, answer: { text, by } });
    } catch (error) {
      logger.warn({ incident: incidentId, error: errorText(error) }, 'a question was answered and could not be kept');
    }
  };
}
