import { clockTime, spokenDuration } from '../../../lib/format.ts';

/** A part of an answer, in lines as `report/answer-lines.ts` makes them. */
export interface AnswerPart {
  readonly lines: readonly string[];
  /** Files and parts that it rests on. */
  readonly sources: readonly string[];
}

export const nothing: AnswerPart = { lines: [], sources: [] };

/** A time in UTC, and how long before `now` that was. */
export function when(at: number, now: number): string {
  return at > now ? clockTime(at) : `${clockTime(at)} (${spokenDuration(now - at)} ago)`;
}

export function joined(...parts: readonly AnswerPart[]): AnswerPart {
  return {
    lines: parts.flatMap(({ lines }) => lines),
    sources: [...new Set(parts.flatMap(({ sources }) => sources))],
  };
}
