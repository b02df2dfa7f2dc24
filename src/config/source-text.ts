import { printable } from '../lib/text.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

const maxExcerpt = 140;

/** The text of a configuration file with its lines, for positions and excerpts. Offsets are UTF-16 units. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Line and column of an offset, both from 1. */
  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** A line's text without its end, lines from 1. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1] ?? this.text.length;
    const end = this.#lineStarts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, '');
  }

  /** The line of a span with a caret under it. What `hidden` covers is shown as asterisks. */
  excerpt(span: Span, hidden: readonly Span[]): string {
    const { line, column } = this.position(span.start);
    const lineStart = this.#lineStarts[line - 1] ?? 0;
    const whole = hide(this.line(line), lineStart, hidden);
    const from = column > maxExcerpt ? column - 40 : 0;
    const shown = printable(whole.slice(from, from + maxExcerpt)).replaceAll('\t', ' ');
    const before = ' '.repeat(Math.max(0, column - 1 - from));
    const width = Math.max(1, Math.min(span.end - span.start, shown.length - before.length));
    const gutter = ' '.repeat(String(line).length);
    return `  ${line} | ${shown}\n  ${gutter} | ${before}${'^'.repeat(width)}`;
  }
}

function hide(line: string, lineStart: number, hidden: readonly Span[]): string {
  let out = line;
  for (const { start, end } of hidden) {
    const from = Math.max(0, start - lineStart);
    const to = Math.min(line.length, end - lineStart);
    if (from < to) out = out.slice(0, from) + '*'.repeat(to - from) + out.slice(to);
  }
  // Same length, so that the caret stays below its place.
  return out.replace(
    /(:\/\/)([^/\s@]+)@/g,
    (_, slashes: string, login: string) => `${slashes}${'*'.repeat(login.length)}@`,
  );
}
