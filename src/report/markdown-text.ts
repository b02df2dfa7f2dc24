import { oneLine } from '../lib/text.ts';

/** Text of a cluster inside a sentence: one line, bounded, without power over the form of the document. */
export function plainText(text: string, max = 600): string {
  return oneLine(text, max)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[`]/g, "'")
    .replace(/([*[\]\\|#])/g, '\\$1');
}

/** Text of a cluster as code: one line, bounded, fenced by more backticks than it holds. */
export function code(text: string, max = 300): string {
  const line = oneLine(text, max);
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Lines of a cluster as a block of code, fenced by more backticks than any of them holds. */
export function fencedCode(lines: readonly string[]): string[] {
  const fence = '`'.repeat(Math.max(3, ...lines.map((line) => longestRun(line) + 1)));
  return [`${fence}text`, ...lines.map((line) => line.replace(/[\r\n]/g, ' ')), fence];
}

/** A file of the report, as a link where its path is one that the collector gives. */
export function fileLink(path: string): string {
  const safe = /^evidence\/[\w./:-]+$/.test(path) && !path.includes('..');
  return safe ? `[${code(path, 400)}](${path})` : code(path, 400);
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}
