import { styleText } from 'node:util';
import { hangDisplay, wrapDisplay } from '../lib/display/width.ts';
import { oneLine, truncate } from '../lib/text.ts';

/** How the text of the console looks. */
export interface ConsoleLooks {
  /** False for a pipe or with NO_COLOR: plain text. */
  readonly color: boolean;
  /** How wide the terminal is now; null where there is none. */
  readonly columns: () => number | null;
  /** Of whoever reads. */
  readonly timeZone: string;
  /** Where people reach the daemon's pages now, null when it serves none. */
  readonly url: () => string | null;
}

/** The same for one message. */
export interface ConsoleStyle {
  readonly color: boolean;
  readonly timeZone: string;
  readonly url: string | null;
  /** Of blocks, in columns. */
  readonly width: number;
  /** Of the lines that stand alone: in a pipe each stays one line, so that it can be searched. */
  readonly lineWidth: number;
}

export type Color = 'red' | 'yellow' | 'green' | 'cyan' | 'dim';

/** Of a block where there is no terminal, and the widest that is good to read. */
const pipeWidth = 100;
const maxWidth = 120;
const minWidth = 40;

/** As the terminal is now: people make it wider and narrower. */
export function consoleStyle({ color, timeZone, columns, url }: ConsoleLooks): ConsoleStyle {
  const known = columns();
  const lineWidth = known === null ? Infinity : Math.max(minWidth, known);
  return { color, timeZone, url: url(), width: known === null ? pipeWidth : Math.min(maxWidth, lineWidth), lineWidth };
}

/** The longest of one text, in characters. */
export const maxText = 600;

/** Text behind the beginning of its first line, wrapped, what follows indented below the time. */
export function hanging(begin: string, text: string, { lineWidth }: ConsoleStyle): string {
  return `${hangDisplay(begin === '' ? ' '.repeat(4) : begin, text, lineWidth, 4).join('\n')}\n`;
}

/** A line that can be copied: it stays whole. */
export function whole(text: string): string {
  return `${' '.repeat(12)}${clean(text, maxText)}`;
}

/** A label and its lines, wrapped; nothing when there is nothing to say. */
export function row(label: string, texts: readonly string[], style: ConsoleStyle): readonly string[] {
  const lines = texts
    .filter((text) => text !== '')
    .flatMap((text) => wrapDisplay(clean(text, maxText), style.width - 10));
  return lines.map((line, index) => `${paint((index === 0 ? label : '').padEnd(10), 'dim', style)}${line}`);
}

/** Foreign text without control characters, on one line. */
export function clean(text: string, max: number): string {
  return truncate(oneLine(text, text.length + 1), max);
}

/** Text in a colour, where colours are wanted. */
export function paint(text: string, color: Color, style: Pick<ConsoleStyle, 'color'>): string {
  return style.color ? styleText(color, text, { validateStream: false }) : text;
}
