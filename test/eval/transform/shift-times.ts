import type { Recording } from '../../../eval/recording.ts';
import { mapStrings } from './strings.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const dayMs = 24 * 3_600_000;

/** The recording as if it had been made some days later or (negative) earlier: objects, events, log lines, the truth. */
export function shifted(recording: Recording, days: number): Recording {
  const { truth, scenario, dump } = recording;
  const year = new Date(Date.parse(truth.recorded_at ?? '')).getUTCFullYear();
  const shift = (text: string): string => shiftText(text, days, year);
  const { id, title, ...rest } = truth;
  return { truth: { ...mapStrings(rest, shift), id, title }, scenario, dump: mapStrings(dump, shift) };
}

/** Every date in a text moved, in the forms in which programs write them; `year` is that of dates without one. */
export function shiftText(text: string, days: number, year: number): string {
  return forms.reduce((changed, { pattern, read, write }) => {
    return changed.replace(pattern, (...match) => {
      const parts = match as unknown as string[];
      const at = read(parts, year);
      return Number.isNaN(at) ? (parts[0] ?? '') : write(new Date(at + days * dayMs), parts);
    });
  }, text);
}

interface DateForm {
  readonly pattern: RegExp;
  /** Midnight UTC of the date, ms. */
  readonly read: (parts: readonly string[], year: number) => number;
  readonly write: (date: Date, parts: readonly string[]) => string;
}

const two = (value: number): string => String(value).padStart(2, '0');
const month = (name: string | undefined): number => months.indexOf(name ?? '');

const forms: readonly DateForm[] = [
  {
    // 2026-11-20T22:58:43Z, 2026-11-20 22:58:43, 2026/11/20 22:58:43
    pattern: /\b(20\d\d)([-/])(\d\d)\2(\d\d)(?=[T ]\d\d:\d\d)/g,
    read: ([, y, , m, d]) => Date.UTC(Number(y), Number(m) - 1, Number(d)),
    write: (date, [, , sign = '-']) =>
      [date.getUTCFullYear(), two(date.getUTCMonth() + 1), two(date.getUTCDate())].join(sign),
  },
  {
    // Fri, 20 Nov 2026 22:58:43 GMT
    pattern: /\b(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), (\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (20\d\d)/g,
    read: ([, d, m, y]) => Date.UTC(Number(y), month(m), Number(d)),
    write: (date) =>
      `${weekdays[date.getUTCDay()]}, ${two(date.getUTCDate())} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`,
  },
  {
    // 20/Nov/2026:22:58:43, 20 Nov 2026 22:58:43
    pattern:
      /(?<!(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), )\b(\d\d)([/ -])(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\2(20\d\d)(?=[: ]\d\d:\d\d)/g,
    read: ([, d, , m, y]) => Date.UTC(Number(y), month(m), Number(d)),
    write: (date, [, , sign = '/']) =>
      [two(date.getUTCDate()), months[date.getUTCMonth()], date.getUTCFullYear()].join(sign),
  },
  {
    // Nov 20 22:58:43
    pattern: /\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([ \d]\d)(?= \d\d:\d\d:\d\d)/g,
    read: ([, m, d], year) => Date.UTC(year, month(m), Number(d)),
    write: (date) => `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`,
  },
  {
    // E1120 22:58:43.123456
    pattern: /(?<![A-Za-z0-9])([IWEF])(\d\d)(\d\d)(?= \d\d:\d\d:\d\d)/g,
    read: ([, , m, d], year) => Date.UTC(year, Number(m) - 1, Number(d)),
    write: (date, [, level = '']) => `${level}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`,
  },
  {
    // "ts":1763679523.123, "time":1763679523000
    pattern: /(?<=")(ts|time|timestamp|@timestamp)":(\d{10})(?=[.\d]*[,}])/g,
    read: ([, , seconds]) => Number(seconds) * 1000,
    write: (date, [, name = '']) => `${name}":${Math.floor(date.getTime() / 1000)}`,
  },
];
