import type { HeardDraft, HeardQuestion, HeardStep, Hearing } from '../question.ts';

/** What is taken of questions within ten minutes: of one person, of one incident, and of all. */
const windowMs = 10 * 60_000;
const within = { person: 20, incident: 10, all: 60 };
/** What waits for its answer at most, and how long one that finds no room is told to wait, ms. */
const waiting = 50;
const roomMs = 60_000;

/** What was heard, for the decision whether one more is. */
export interface HeardFacts {
  /** Questions that have not ended. */
  readonly open: number;
  /** When questions were heard since `countedSince`, newest first: of the person, of the incident, of all. */
  readonly person: readonly number[];
  readonly incident: readonly number[];
  readonly all: readonly number[];
}

/** From then on questions count for the one that is asked at `at`, ms since the epoch. */
export const countedSince = (at: number): number => at - windowMs;

/** Whether a question is taken, that was not heard before. */
export function decideHearing(facts: HeardFacts, at: number): Hearing {
  const freeAt = (times: readonly number[], count: number): number => (times[count - 1] ?? -Infinity) + windowMs;
  const againMs = Math.max(
    ...(['person', 'incident', 'all'] as const).map((which) => freeAt(facts[which], within[which]) - at),
    facts.open >= waiting ? roomMs : 0,
  );
  return againMs > 0 ? { kind: 'refused', againMs } : { kind: 'heard' };
}

/** A question that was heard now. */
export function heardQuestion(draft: HeardDraft, at: number): HeardQuestion {
  return {
    ...draft,
    heardAt: at,
    workedBy: null,
    cutOffs: 0,
    reply: null,
    notBefore: at,
    waits: 0,
    uncertain: false,
    end: null,
  };
}

/**
 * The row after a step:
 *
 * heard ──begin──▶ begun ──reply──▶ replied ──send──▶ sent ──end──▶ ended
 *
 * `wait` leads from begun back to heard, and from sent back to replied, `uncertain` where the reply may have arrived.
 * A process that dies leaves a row as it is: one that was begun is begun anew, and by another process it counts as cut
 * off; of one that was sent nobody knows whether it has arrived. @throws Error when the step may not follow
 */
export function stepped(question: HeardQuestion, step: HeardStep): HeardQuestion {
  if (question.end !== null) throw new Error(`question ${question.id} has ended, no ${step.kind} follows`);
  const isReplied = question.reply !== null;
  switch (step.kind) {
    case 'begin':
      expect(!isReplied, question, step);
      return { ...question, workedBy: step.processId, cutOffs: cutOffsOf(question, step.processId) };
    case 'reply':
      expect(!isReplied, question, step);
      return { ...question, reply: step.reply, workedBy: null, waits: 0 };
    case 'send':
      expect(isReplied, question, step);
      return { ...question, uncertain: true };
    case 'wait':
      return {
        ...question,
        notBefore: step.until,
        uncertain: step.uncertain,
        workedBy: null,
        waits: question.waits + 1,
      };
    case 'end':
    default:
      return { ...question, end: step.end, uncertain: false };
  }
}

/** A process that begins it again after something went wrong has not died. */
function cutOffsOf({ workedBy, cutOffs }: HeardQuestion, processId: string): number {
  return workedBy === null || workedBy === processId ? cutOffs : cutOffs + 1;
}

function expect(isSo: boolean, { id }: HeardQuestion, { kind }: HeardStep): void {
  if (!isSo) throw new Error(`${kind} does not follow what question ${id} has come to`);
}
