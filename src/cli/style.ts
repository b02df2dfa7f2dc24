import type { Severity } from '../domain/fault.ts';

/** Text with terminal colours, or plain. Colours repeat what the words say, they never carry meaning alone. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

const plain = (text: string): string => text;

export const plainStyle: Style = { bold: plain, dim: plain, red: plain, yellow: plain, green: plain };

export const colorStyle: Style = {
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
