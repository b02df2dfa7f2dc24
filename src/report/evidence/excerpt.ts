import type { Excerpt } from '../../domain/verdict/findings.ts';
import { printable, truncate } from '../../lib/text.ts';

const before = 3;
const after = 2;
const maxLine = 400;

/** The last place of a quote in a text, with a few lines before and after it; null when it is not there. */
export function excerptOf(text: string, quote: string): Excerpt | null {
  if (quote === '') return null;
  const at = text.lastIndexOf(quote);
  if (at === -1) return null;
  const lines = text.replace(/\n$/, '').split('\n');
  const from = lineAt(text, at);
  const to = Math.min(from + 5, lineAt(text, at + quote.length - 1));
  const start = Math.max(0, from - before);
  const shown = lines.slice(start, to + after + 1).map((line, offset) => {
    const marked = start + offset >= from && start + offset <= to;
    return { text: aroundQuote(line, marked ? quote : ''), marked };
  });
  return { first: start + 1, lines: shown, times: countOf(text, quote), at: timeOf(lines[from] ?? '') };
}

function lineAt(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** A long line shows the part that holds the quote. */
function aroundQuote(line: string, quote: string): string {
  const place = line.indexOf(quote.split('\n')[0] ?? '');
  if (line.length <= maxLine || place < maxLine / 2) return lineText(line);
  return `…${lineText(line.slice(place - 80))}`;
}

/** As it stands, bounded and safe to show. */
function lineText(line: string): string {
  return truncate(printable(line.replace(/\r$/, '')).replace(/[\t\u2028\u2029]/g, '  '), maxLine);
}

const maxCount = 10_000;

function countOf(text: string, quote: string): number {
  let count = 0;
  for (let at = text.indexOf(quote); at !== -1 && count < maxCount; at = text.indexOf(quote, at + quote.length)) {
    count += 1;
  }
  return count;
}

/** ISO 8601 at the beginning of a line, or soon after it; without a zone nobody knows which time is meant. */
function timeOf(line: string): number | null {
  const time = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)/.exec(line.slice(0, 120))?.[0];
  if (time === undefined) return null;
  const at = Date.parse(
    time
      .replace(' ', 'T')
      .replace(',', '.')
      .replace(/(\.\d{3})\d+/, '$1'),
  );
  return Number.isNaN(at) ? null : at;
}
