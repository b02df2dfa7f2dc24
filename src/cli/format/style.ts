import type { Environment } from '../../config/environment.ts';
import type { Severity } from '../../domain/fault.ts';
import { columnsOf, usualColumns } from '../../lib/display/width.ts';
import type { CliIo, TextSink } from '../context.ts';

/** Text with terminal colours, or plain. Colours repeat what the words say, they never carry meaning alone. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

/** Colours for standard output, or none. */
export function outputStyle({ stdout, env }: Pick<CliIo, 'stdout' | 'env'>): Style {
  return hasColor(stdout, env) ? colorStyle : plainStyle;
}

/** Columns of the terminal; without one there is no end: in a pipe a line stays one line. */
export function outputWidth({ stdout }: Pick<CliIo, 'stdout'>): number {
  return columnsOf(stdout);
}

/** Columns of the screen itself, however few: a line beyond them is broken and moves the others. */
export function screenWidth({ stdout }: Pick<CliIo, 'stdout'>): number {
  return stdout.columns || usualColumns;
}

/** Lines of the screen. */
export function screenHeight({ stdout }: Pick<CliIo, 'stdout'>): number {
  return stdout.rows || usualHeight;
}

/** Of a terminal that does not say it. */
const usualHeight = 24;

/** Whether a sink shows colours: a terminal, and nobody asked for none (no-color.org). */
function hasColor(sink: TextSink, env: Environment): boolean {
  return sink.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

const plain = (text: string): string => text;

const plainStyle: Style = { bold: plain, dim: plain, red: plain, yellow: plain, green: plain };

const colorStyle: Style = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
  red: (text) => `\u001b[31m${text}\u001b[39m`,
  yellow: (text) => `\u001b[33m${text}\u001b[39m`,
  green: (text) => `\u001b[32m${text}\u001b[39m`,
};

/** A severity in its colour. */
export function severityStyle(style: Style, severity: Severity): (text: string) => string {
  if (severity === 'critical') return (text) => style.red(text);
  return severity === 'warning' ? (text) => style.yellow(text) : plain;
}
