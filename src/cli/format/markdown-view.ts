import { timesInZone } from '../../lib/display/local-time.ts';
import { formatTable, hangBelow } from '../../lib/display/table.ts';
import { displayWidth, hangDisplay, wrapDisplay } from '../../lib/display/width.ts';
import { printable } from '../../lib/text.ts';
import type { Style } from './style.ts';

export interface MarkdownLooks {
  readonly style: Style;
  /** Columns; infinite in a pipe. */
  readonly width: number;
  /** Of the person: times of the report, which are UTC, are shown in it. */
  readonly timeZone: string;
}

/** A longer line is no prose: it is shown as it is. */
const maxInline = 4000;
/** Beyond this a line of prose is hard to follow. */
const widest = 100;

/**
 * A report in Markdown as lines of a terminal: wrapped, without marks that only Markdown needs; code and commands stay
 * whole, so that they can be copied. Reports are written by rules and by models and quote clusters: whatever the text is,
 * it cannot steer the terminal.
 */
export function markdownLines(markdown: string, looks: MarkdownLooks): string[] {
  const width = Math.min(looks.width, widest);
  const source = printable(markdown.replace(/\r\n?/g, '\n')).replaceAll('\t', '    ').split('\n');
  const lines: string[] = [];
  for (let at = 0; at < source.length;) {
    const { shown, next } = blockAt(source, at, { ...looks, width, columns: looks.width });
    lines.push(...shown);
    at = next;
  }
  return withoutDoubleBlanks(lines);
}

interface BlockLooks extends MarkdownLooks {
  /** Of the terminal, which a table may fill. */
  readonly columns: number;
}

interface Block {
  readonly shown: readonly string[];
  /** Where the next one begins. */
  readonly next: number;
}

function blockAt(source: readonly string[], at: number, looks: BlockLooks): Block {
  const line = source[at] ?? '';
  const fence = /^ *(`{3,}|~{3,})/.exec(line)?.[1];
  if (fence !== undefined) return codeBlock(source, at + 1, fence, looks);
  if (isRow(line)) return table(source, at, looks);
  const heading = /^(#{1,6}) +(.*?)(?: +#+)?$/.exec(line);
  if (heading !== null) return { shown: headingLines(heading, looks), next: at + 1 };
  return { shown: textLine(line, looks), next: at + 1 };
}

/** The lines up to the closing fence, as they are; a marked one (`> `) in bold. */
function codeBlock(source: readonly string[], from: number, fence: string, { style }: MarkdownLooks): Block {
  const closes = (line: string): boolean => line.trim().startsWith(fence) && /^(`+|~+)$/.test(line.trim());
  const found = source.findIndex((line, at) => at >= from && closes(line));
  const end = found === -1 ? source.length : found;
  const lines = source.slice(from, end);
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  const shown = lines.map((line) => `    ${line.slice(Number.isFinite(indent) ? indent : 0)}`.trimEnd());
  return { shown: shown.map((line) => (/^ {4}> /.test(line) ? style.bold(line) : line)), next: end + 1 };
}

function isRow(line: string): boolean {
  return /^ *\|.*\| *$/.test(line);
}

function table(source: readonly string[], from: number, looks: BlockLooks): Block {
  const found = source.findIndex((line, at) => at >= from && !isRow(line));
  const end = found === -1 ? source.length : found;
  const rows = source.slice(from, end).map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.trim(), looks)),
  );
  const [titles = [], ...rest] = rows.filter((cells) => !cells.every((cell) => /^:?-+:?$/.test(cell)));
  const { header, rows: shown } = formatTable(
    titles.map((title) => ({ title })),
    rest,
    { width: looks.columns },
  );
  const lines = shown.flatMap((row) => [...row.lines, ...hangBelow(row.below, looks.columns)]);
  return { shown: [header, ...lines], next: end };
}

function headingLines([, marks = '', text = '']: RegExpExecArray, looks: MarkdownLooks): string[] {
  const { style, width } = looks;
  const lines = wrapDisplay(inline(text, looks), width);
  return (marks.length > 2 ? lines : lines.map((line) => style.bold(line))).concat(marks.length === 1 ? [''] : []);
}

/** One line of text: of a list with its mark, of a quotation, or of a paragraph. */
function textLine(line: string, looks: MarkdownLooks): string[] {
  const { style, width } = looks;
  if (/^ *([-*_])(?: *\1){2,} *$/.test(line)) return ['─'.repeat(Math.min(width, 40))];
  const [, begin = '', rest = ''] = /^( *(?:(?:[-*+]|\d{1,9}[.)]) +|(?:> ?)+)?)(.*)$/.exec(line) ?? [];
  const mark = begin.replace(/^( *)[*+](?= )/, '$1-').replaceAll('>', '│');
  const { words, command } = parted(rest, mark, width);
  const label = /^(?:\*\*|__)(.+?)(?:\*\*|__)/.exec(words)?.[1];
  const [first = '', ...more] = words === '' && command !== null ? [] : hangDisplay(mark, inline(words, looks), width);
  const quoted = mark.includes('│');
  return [
    label === undefined ? first : boldLabel(first, mark, inline(label, looks), style),
    ...more.map((text) => (quoted ? `${mark}${text.slice(mark.length)}` : text)),
    ...(command === null ? [] : [`${' '.repeat(Math.max(4, mark.length))}${command}`]),
  ].filter((text, at) => at > 0 || text !== '' || command === null);
}

/** A command at the end of a line stands on its own line, whole, where it would be broken, or where it is all there is. */
function parted(text: string, mark: string, width: number): { words: string; command: string | null } {
  const [, words = '', , command] = /^(.*?)(`+) ?([^`]+?) ?\2$/.exec(text.trim()) ?? [];
  const alone = words === '' && mark.trim() === '';
  const tooLong = words.endsWith(': ') && mark.length + displayWidth(text) > width;
  return command !== undefined && (alone || tooLong)
    ? { words: words.trim(), command }
    : { words: text, command: null };
}

function boldLabel(line: string, mark: string, label: string, style: Style): string {
  const text = line.slice(mark.length);
  return text.startsWith(label) ? `${mark}${style.bold(label)}${text.slice(label.length)}` : line;
}

/** Text of a line as it is read. Code keeps its marks, which say where a quotation begins and ends. */
function inline(text: string, { timeZone }: Pick<MarkdownLooks, 'timeZone'>): string {
  if (text.length > maxInline) return text;
  const withoutLinks = text.replace(
    /!?\[((?:`[^`]*`|\\.|[^\]\\])*)\]\(<?([^()\s<>]*)>?[^()]*\)/g,
    (_, label: string, target: string) =>
      /^https?:/.test(target) && label !== target ? `${label} (${target})` : label,
  );
  return withoutLinks
    .split(/(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)/)
    .map((part, at) => [timesInZone(plain(part), timeZone), '', `\`${part.trim()}\``][at % 3])
    .join('');
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ', amp: '&' };

/** Words between pieces of code, without emphasis, entities and escapes. */
function plain(text: string): string {
  return text
    .replace(/(?<![\\*])\*\*(?=\S)(.+?)(?<=\S)\*\*/g, '$1')
    .replace(/(?<![\w\\])__(?=\S)(.+?)(?<=\S)__(?!\w)/g, '$1')
    .replace(/(?<![\w*\\])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, '$1')
    .replace(/&(lt|gt|quot|#39|nbsp|amp);/g, (whole, name: string) => entities[name] ?? whole)
    .replace(/\\([!-/:-@[-`{-~])/g, '$1');
}

function withoutDoubleBlanks(lines: readonly string[]): string[] {
  const kept = lines.filter((line, at) => line !== '' || (lines[at - 1] ?? '') !== '');
  while (kept.at(-1) === '') kept.pop();
  return kept;
}
