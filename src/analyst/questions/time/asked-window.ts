import { clockTime } from '../../../lib/format.ts';
import { amount, day, numbers, stretches, type TimePhrase, timePhraseIn, zone } from './time-phrase.ts';

/** The time that a question is about, in ms since the epoch, both ends in it. */
export interface AskedWindow {
  readonly from: number;
  readonly to: number;
}

/** What a window is measured from, in ms since the epoch. */
interface Known {
  /** When the question was asked. */
  readonly now: number;
  /** When the first fault began. */
  readonly since: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const units: Readonly<Record<string, number>> = { s: 1000, m: minuteMs, h: hourMs, d: dayMs, w: 7 * dayMs };

/**
 * The window that a question says: `in the last hour`, `since 14:00`, `today`, `in the hour before it began`; null for none.
 * Times of a clock are UTC, as those of answers, unless it says how far it is from UTC; the last one that was is meant. A
 * window that has not begun is none.
 */
export function askedWindow(question: string, known: Known): AskedWindow | null {
  const phrase = timePhraseIn(question);
  const window = phrase === null ? null : windowOf(phrase, known);
  return window === null || !(window.from <= known.now && window.from <= window.to) ? null : window;
}

/** Whether a time, ms since the epoch, is in a window. */
export function isIn({ from, to }: AskedWindow, at: number): boolean {
  return at >= from && at <= to;
}

/** The window in words, as times of a clock. */
export function windowText({ from, to }: AskedWindow): string {
  return `between ${clockTime(from)} and ${clockTime(to)}`;
}

function windowOf({ form, parts: [first = '', second = ''] }: TimePhrase, { now, since }: Known): AskedWindow {
  if (form === 'before_fault') return { from: since - lengthOf(first), to: since };
  if (form === 'lately' || form === 'ago') return { from: now - lengthOf(first), to: now };
  if (form === 'named') return momentOf(first, now);
  if (form === 'since') return { from: momentOf(first, now).from, to: now };
  if (form === 'between') return between(first, second, now);
  const to = momentOf(first, now).from;
  return { from: to - dayMs, to };
}

/** ms of `half an hour`, `1.5h`, `1 hour and 30 minutes`. */
function lengthOf(text: string): number {
  return [...text.matchAll(new RegExp(amount, 'g'))].reduce((sum, [, half, number = '', unit = '', more]) => {
    const many = number === '' ? 1 : (numbers[number.trim()] ?? Number(number.replace(',', '.')));
    const all = many * (half === undefined ? 1 : 0.5) + (more === undefined ? 0 : 0.5);
    return sum + all * (units[unit[0] ?? ''] ?? 0);
  }, 0);
}

/** A day after both clocks is the day of both; a clock without a day is the next one after the beginning. */
function between(first: string, second: string, now: number): AskedWindow {
  const [ofFirst, ofSecond] = [dayIn(first), dayIn(second)];
  const isShared = ofFirst === null && ofSecond !== null && timeOf(first) !== null && second.endsWith(ofSecond);
  const { from } = momentOf(isShared ? `${ofSecond} ${first}` : first, now);
  const time = timeOf(second);
  if (ofSecond !== null || time === null) return { from, to: Math.min(momentOf(second, now).from, now) };
  const at = Math.floor(from / dayMs) * dayMs + time;
  return { from, to: Math.min(at > from ? at : at + dayMs, now) };
}

const dayIn = (text: string): string | null => new RegExp(day).exec(text)?.[0] ?? null;

/** What a word or a clock says: the newest one that has begun by `now`. */
function momentOf(text: string, now: number): AskedWindow {
  const midnight = Math.floor(now / dayMs) * dayMs;
  const hours = stretches[text];
  if (hours !== undefined)
    return { from: midnight + hours[0] * hourMs, to: Math.min(now, midnight + hours[1] * hourMs) };
  const named = dayIn(text);
  const begin = named === null ? midnight : beginOf(named, midnight);
  const time = timeOf(text);
  if (time === null) return { from: begin, to: Math.min(now, begin + dayMs) };
  if (named !== null) return { from: begin + time, to: now };
  // Of another zone it may be of the day before or after.
  const at = begin + (((time % dayMs) + dayMs) % dayMs);
  return { from: at > now ? at - dayMs : at, to: now };
}

/** NaN where no day has such a date. */
function beginOf(named: string, midnight: number): number {
  if (named === 'today') return midnight;
  return named === 'yesterday' ? midnight - dayMs : Date.parse(named);
}

/** ms since the midnight of UTC; null where no time is said. */
function timeOf(text: string): number | null {
  const rest = text.replace(new RegExp(day), '');
  if (rest.includes('midnight')) return -offsetOf(rest);
  if (rest.includes('noon')) return 12 * hourMs - offsetOf(rest);
  const [, hours, minutes = '0', seconds = '0', half] =
    /(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?(?:\.\d+)?(?: ?([ap])m)?/.exec(rest) ?? [];
  if (hours === undefined) return null;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'p' ? 12 : 0);
  return hour * hourMs + Number(minutes) * minuteMs + Number(seconds) * 1000 - offsetOf(rest);
}

/** How far a clock is ahead of UTC, ms. */
function offsetOf(text: string): number {
  const [found = ''] = new RegExp(zone).exec(text) ?? [];
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d{1,2}):?(\d{2})?/.exec(found) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * hourMs + Number(minutes) * minuteMs);
}
