import { oneLine } from '../../lib/text.ts';

/** A line of a Markdown text and where it is: `text` from `start` to `end`, with its ending, without it in `content`. */
export interface MarkdownLine {
  readonly content: string;
  readonly start: number;
  readonly end: number;
  /** Not in a block of code nor in a comment: what looks like a heading or a table is one. */
  readonly isMarkup: boolean;
}

/** The lines of a text, of which each knows whether it is one that Markdown gives a meaning. */
export function markdownLines(text: string): MarkdownLine[] {
  const lines: MarkdownLine[] = [];
  let fence: string | null = null;
  let inComment = false;
  for (const { content, start, end } of plainLines(text)) {
    const marks = fenceOf(content);
    const begins: boolean = fence === null && !inComment && marks !== null;
    const comment: boolean = fence === null && !begins && (inComment || content.trimStart().startsWith('<!--'));
    lines.push({ content, start, end, isMarkup: fence === null && !begins && !comment });
    inComment = comment && !content.includes('-->');
    if (begins) fence = marks;
    else if (fence !== null && marks !== null && closes(marks, content, fence)) fence = null;
  }
  return lines;
}

function* plainLines(text: string): Generator<{ content: string; start: number; end: number }> {
  const endings = /\r\n|\n|\r/g;
  let start = 0;
  for (const match of text.matchAll(endings)) {
    const end = match.index + match[0].length;
    yield { content: text.slice(start, match.index), start, end };
    start = end;
  }
  if (start < text.length) yield { content: text.slice(start), start, end: text.length };
}

/** The marks that begin or end a block of code: three or more of ``` or ~~~. In a list they stand further in. */
function fenceOf(content: string): string | null {
  return /^[ \t]*(`{3,}(?=[^`]*$)|~{3,})/.exec(content)?.[1] ?? null;
}

function closes(marks: string, content: string, fence: string): boolean {
  return marks[0] === fence[0] && marks.length >= fence.length && content.trim() === marks;
}

/** A heading as in `## Title ##`; null for a line that is none. */
export function headingOf({ content, isMarkup }: MarkdownLine): { level: number; title: string } | null {
  const level = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(content)?.[1]?.length;
  if (!isMarkup || level === undefined) return null;
  const title = content.trim().slice(level).trim();
  let end = title.length;
  while (title[end - 1] === '#') end -= 1;
  // Marks at the end close it only behind a space.
  const isClosed = end < title.length && (end === 0 || /\s/.test(title[end - 1] ?? ''));
  return { level, title: isClosed ? title.slice(0, end).trim() : title };
}

/** The cells of a row of a table, trimmed, as they are written; null for a line that is none. */
export function cellsOf({ content, isMarkup }: MarkdownLine): string[] | null {
  const row = content.trim();
  if (!isMarkup || !row.includes('|')) return null;
  const cells: string[] = [];
  let cell = '';
  for (let at = row.startsWith('|') ? 1 : 0; at < row.length; at += 1) {
    const char = row[at] ?? '';
    if (char === '\\' && row[at + 1] === '|') {
      cell += '|';
      at += 1;
    } else if (char === '|') {
      cells.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  return cell.trim() === '' ? cells : [...cells, cell.trim()];
}

/** Whether a row is the one under the header of a table. */
export function isDelimiter(cells: readonly string[]): boolean {
  return cells.length > 0 && cells.every((cell) => /^:?-+:?$/.test(cell));
}

const quotes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '‘': '’', '«': '»' };

/**
 * The words of a cell or an item on one line, cut to `max` characters: without what marks them as bold, code or a link,
 * and without quotes around all of it.
 */
export function plainWords(text: string, max: number): string {
  const words = oneLine(text.slice(0, 4 * max), max)
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replace(/`|\*\*|__/g, '')
    .replace(/^\*([^*]*)\*$/, '$1')
    .trim();
  const last = quotes[words[0] ?? ''];
  const inner = words.slice(1, -1);
  const isQuoted = last !== undefined && words.length > 1 && words.endsWith(last) && !inner.includes(last);
  return isQuoted ? inner.trim() : words;
}
