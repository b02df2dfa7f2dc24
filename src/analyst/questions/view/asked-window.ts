import { longestQuestion } from '../../../domain/question.ts';
import { clockTime } from '../../../lib/format.ts';

/** The time that a question is about, in ms since the epoch, both ends in it. */
export interface AskedWindow {
  readonly from: number;
  readonly to: number;
}

/** What a window is measured from, in ms since the epoch. */
interface Known {
  /** When the question is asked. */
  readonly now: number;
  /** When the first fault began. */
  readonly since: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const units: Readonly<Record<string, number>> = { s: 1000, m: minuteMs, h: hourMs, d: dayMs, w: 7 * dayMs };
const numbers: Readonly<Record<string, number>> = {
  '': 1,
  a: 1,
  an: 1,
  one: 1,
  'couple of': 2,
  two: 2,
  three: 3,
  few: 3,
  four: 4,
  five: 5,
  six: 6,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
};

const count = `(?:(\\d{1,4}|${Object.keys(numbers).filter(Boolean).join('|')}) ?)?`;
const unit = '(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)\\b';
const length = `(?:(half) (?:an? )?)?${count}${unit}`;
const day = '\\d{4}-\\d{2}-\\d{2}';
const clock = '(?:[01]?\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d)?(?: ?[ap]m)?|(?:1[0-2]|[1-9]) ?[ap]m';
const zone = '(?: ?(?:z|utc|gmt)\\b)?';
const moment = `(${day}(?:(?:[t ]| at )(?:${clock}))?|(?:(?:today|yesterday),?(?: at)? )?(?:${clock})|today|yesterday|midnight|noon|this morning)${zone}`;

const beforeFault = new RegExp(
  `\\b(?:in|within|during|over) the (?:last |past )?${length} (?:before|prior to|leading up to) (?:it|this|that|the|things|everything)\\b`,
);
const lately = new RegExp(
  `\\b(?:last|past|previous|within(?: the)?(?: last| past)?) ${length}(?! (?:before|prior|ago)\\b)`,
);
const between = new RegExp(`\\b(?:between|from) ${moment} (?:and|to|until|till) ${moment}`);
const after = new RegExp(`\\b(?:since|after|from) ${moment}`);
const until = new RegExp(`\\b(?:before|until|till) ${moment}`);

/**
 * The window that a question says: `in the last hour`, `since 14:00`, `today`, `in the hour before it began`; null for none.
 * Times of a clock are UTC, as those of answers; the last one that was is meant. A window that has not begun is none.
 */
export function askedWindow(question: string, known: Known): AskedWindow | null {
  const text = question.slice(0, longestQuestion).toLowerCase().replaceAll(/\s+/g, ' ');
  const window = measured(text, known) ?? clocked(text, known.now);
  return window === null || window.from > known.now || window.from > window.to ? null : window;
}

/** Whether a time, ms since the epoch, is in a window. */
export function isIn({ from, to }: AskedWindow, at: number): boolean {
  return at >= from && at <= to;
}

/** The window in words, as times of a clock. */
export function windowText({ from, to }: AskedWindow): string {
  return `between ${clockTime(from)} and ${clockTime(to)}`;
}

function measured(text: string, { now, since }: Known): AskedWindow | null {
  const [whole, ...earlier] = beforeFault.exec(text) ?? [];
  if (whole !== undefined) return { from: since - lengthOf(earlier), to: since };
  const [lastly, ...parts] = lately.exec(text) ?? [];
  return lastly === undefined ? null : { from: now - lengthOf(parts), to: now };
}

function lengthOf([half, number = '', name = '']: readonly (string | undefined)[]): number {
  const many = numbers[number] ?? Number(number);
  return (units[name[0] ?? ''] ?? 0) * many * (half === undefined ? 1 : 0.5);
}

function clocked(text: string, now: number): AskedWindow | null {
  const [both, first = '', second = ''] = between.exec(text) ?? [];
  if (both !== undefined) {
    const { from } = spanOf(first, now);
    return { from, to: Math.min(endAfter(second, from, now), now) };
  }
  const [, start] = after.exec(text) ?? [];
  if (start !== undefined) return { from: spanOf(start, now).from, to: now };
  const [, end] = until.exec(text) ?? [];
  if (end !== undefined) {
    const to = spanOf(end, now).from;
    return { from: to - dayMs, to };
  }
  const [named] = /\b(?:today|yesterday|this morning)\b/.exec(text) ?? [];
  return named === undefined ? null : spanOf(named, now);
}

/** A clock without a day is the next one after the beginning. */
function endAfter(text: string, from: number, now: number): number {
  const time = timeOf(text);
  const isBare = time !== null && !new RegExp(`^${day}`).test(text) && !/today|yesterday/.test(text);
  if (!isBare) return spanOf(text, now).from;
  const at = Math.floor(from / dayMs) * dayMs + time;
  return at > from ? at : at + dayMs;
}

/** What a word or a clock says: the newest one that has begun by `now`. */
function spanOf(text: string, now: number): AskedWindow {
  const midnight = Math.floor(now / dayMs) * dayMs;
  const [, date] = new RegExp(`^(${day})`).exec(text) ?? [];
  const begin = date === undefined ? dayOf(text, midnight) : Date.parse(date);
  const time = timeOf(text);
  if (Number.isNaN(begin)) return { from: Infinity, to: now };
  if (time === null)
    return { from: begin, to: Math.min(now, begin + (text.includes('morning') ? 12 * hourMs : dayMs)) };
  const isOpen = date === undefined && !/today|yesterday/.test(text);
  const at = begin + time;
  return { from: isOpen && at > now ? at - dayMs : at, to: now };
}

function dayOf(text: string, midnight: number): number {
  return text.startsWith('yesterday') ? midnight - dayMs : midnight;
}

/** ms since midnight; null where no time is said. */
function timeOf(text: string): number | null {
  if (text.includes('midnight')) return 0;
  if (text.includes('noon')) return 12 * hourMs;
  const rest = text.replace(new RegExp(`^${day}`), '');
  const [, hours, minutes = '0', seconds = '0', half] =
    /(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?(?: ?([ap])m)?/.exec(rest) ?? [];
  if (hours === undefined) return null;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'p' ? 12 : 0);
  return hour * hourMs + Number(minutes) * minuteMs + Number(seconds) * 1000;
}
