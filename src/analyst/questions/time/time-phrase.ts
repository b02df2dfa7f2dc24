import { longestQuestion } from '../../../domain/question.ts';

/** How a question says a time. `parts`: what the form leaves open, in small letters: lengths, moments. */
export interface TimePhrase {
  readonly form: 'before_fault' | 'lately' | 'ago' | 'between' | 'since' | 'until' | 'named';
  readonly parts: readonly string[];
  /** As it was written. */
  readonly text: string;
}

/** Words for numbers in lengths of time. */
export const numbers: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  'a couple of': 2,
  'couple of': 2,
  two: 2,
  three: 3,
  'a few': 3,
  few: 3,
  four: 4,
  five: 5,
  six: 6,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
};

const words = Object.keys(numbers).join('|');
const number = `\\d{1,4}(?:[.,]\\d{1,2})? ?|(?<![a-z])(?:${words}) |(?<![a-z])`;
const unit = '(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])';
/** One amount of a length: half, number, unit, a half more. */
export const amount = `(half (?:an? )?)?(${number})(${unit})( and a half)?`;
const more = `(?:,| and)? ?\\d{1,4} ?${unit}`;
// `1h30m` and `1 hour and 30 minutes` are one length, and never its beginning.
const length = `${amount.replaceAll(/\((?!\?)/g, '(?:')}(?:${more})?(?!${more}| and a quarter\\b)`;

/** Days that are named, each with its date. */
export const day = '\\d{4}-\\d{2}-\\d{2}|today|yesterday';
const clock =
  '(?:[01]?\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?(?: ?[ap]m\\b)?|(?:1[0-2]|[1-9]) ?[ap]m\\b|midnight|noon';
// `13:00-14:00` is a range: the offset of a zone in the west stands after a time as machines write it.
const offset = '\\+\\d{2}:?\\d{2}\\b|(?<=t[\\d:.]{5,15}|\\d:\\d\\d:[\\d.]{2,9})-\\d{2}:?\\d{2}\\b';
/** How far a clock is from UTC: nothing is UTC. */
export const zone = ` ?(?:z|(?:utc|gmt)(?:[+-]\\d{1,2}(?::?\\d{2})?)?)\\b|${offset}`;
/** A part of a day, with its hours counted from the midnight of today. */
export const stretches: Readonly<Record<string, readonly [from: number, to: number]>> = {
  'last night': [-6, 6],
  'this morning': [0, 12],
  'this afternoon': [12, 18],
  'this evening': [18, 24],
  tonight: [18, 24],
};
const stretch = Object.keys(stretches).join('|');
const otherZone = '(?:c?es?t|[ecmp][sd]t|[bij]st|msk|eest|west|aes?t|aedt|[ep]t|[a-z]+ time|local)\\b';
const weekday = '(?:mon|tues|wednes|thurs|fri|satur|sun)day\\b';
// A zone that is not known is none of UTC, and a day or the end of a range that is not read here makes it another moment.
const strange = `(?! ?${otherZone}|[-+–:.\\w]\\w| ?[-–] ?\\d|,?(?: at)? ?\\d{1,2}(?::\\d{2}| ?[ap]m\\b)|,? (?:on |last |this )*${weekday}|,? (?:the day before\\b|(?:\\d+|${words}) (?:day|week)s? ago\\b))`;
const clockOfDay = `(?:${day})(?:(?:t|,? (?:at )?)(?:${clock})(?:${zone})?)?`;
const dayOfClock = `(?:${clock})(?:${zone})?(?:,? (?:on )?(?:${day}))?`;
const moment = `(?:${clockOfDay}|${dayOfClock}|${stretch})${strange}`;

const faultWords = '(?:faults?|incidents?|alerts?|outages?|crash(?:es)?|failures?|problems?|issues?|errors?|page)';
const happened = '(?:all )?(?:began|begun|started|happened|broke|failed|crashed|occurred|fired|alerted|went)';
const theFault = `(?:it|things|everything|(?:this|that)(?=[?!.,;]|$| and | ${happened}\\b)|(?:the|this|that) (?:first |last )?${faultWords})\\b`;

const ahead = '(?:before|prior to|leading up to)';

/** A date or a clock within a name (`backup-2026-11-20`, `redis:7:00`) is none. */
const alone = "(?<![-\\w./:'’])";

/** Every form, the surest first. */
const forms: readonly (readonly [TimePhrase['form'], RegExp])[] = [
  [
    'before_fault',
    of(`(?:in|within|during|over) the (?:last |past )?(${length}) ${ahead} ${theFault}(?: ${happened}\\b)?`),
  ],
  ['ago', of(`(?:since|after|from) (?:about |around )?(${length}) ago\\b`)],
  [
    'lately',
    of(
      `(?:(?:in|within|during|over|for|of) (?:the )?)?(?:last|past|previous|within(?: the)?(?: last| past)?) (${length})(?! ${ahead}\\b| ago\\b)`,
    ),
  ],
  ['between', of(`(?:between|from) (${moment}) (?:and|to|until|till) (${moment})`)],
  ['since', of(`(?:since|after|from) (${moment})`)],
  ['until', of(`(?<!day )(?:before|until|till) (${moment})`)],
  ['named', of(`(?<!day before )(today|yesterday|${stretch})(?![-\\w])${strange}`)],
];

const clockLike = `(?:(?:[01]?\\d|2[0-3]):\\d{2}(?::\\d{2})?|(?:1[0-2]|[1-9]) ?[ap]m|\\d{1,2} o ?clock)(?: ?${otherZone})?`;
const timeWords = [
  `(?:the )?(?:last|past|previous|within) (?:${length})`,
  `(?:the )?(?:${length}) (?:ago|before|prior|earlier)`,
  '\\d{4}-\\d{2}-\\d{2}t\\d\\S+',
  `(?:${day})(?:,? (?:at )?${clockLike})?`,
  clockLike,
  stretch,
  weekday,
];
/** What looks like a time wherever it stands, with the words that lead to it. */
const timeLike = of(
  `(?:(?:since|after|from|before|until|till|between|at|on|in|during|last|next|the) ){0,4}(?:${timeWords.join('|')})(?![-\\w])`,
);

function of(form: string): RegExp {
  return new RegExp(`${alone}${form}`, 'i');
}

/** The time that a question says; null where it says none, or none that is understood. */
export function timePhraseIn(question: string): TimePhrase | null {
  const text = spaced(question);
  for (const [form, pattern] of forms) {
    const [found, ...parts] = pattern.exec(text) ?? [];
    if (found !== undefined) return { form, parts: parts.map((part) => (part ?? '').toLowerCase()), text: found };
  }
  return null;
}

/** The words that look like a time, beside the time that is understood; null where there are none. */
export function strangeTimeIn(question: string): string | null {
  return timeLike.exec(without(question, timePhraseIn(question)?.text))?.[0].trim() ?? null;
}

/** A question without the words that say a time, understood or not. */
export function withoutTime(question: string): string {
  const rest = without(question, timePhraseIn(question)?.text);
  return without(rest, timeLike.exec(rest)?.[0]);
}

const without = (question: string, phrase: string | undefined): string =>
  phrase === undefined ? question : spaced(spaced(question).replace(phrase, ' ').trim());

const spaced = (question: string): string => question.slice(0, longestQuestion).replaceAll(/\s+/g, ' ');
