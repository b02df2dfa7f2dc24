import { oneLine } from '../../lib/text.ts';

/** Text of the cluster inside a sentence: one line, bounded, without power over the form of the document. */
export function plainText(text: string, max = 600): string {
  return oneLine(text, max)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[`]/g, "'")
    .replace(/([*[\]\\|#])/g, '\\$1');
}

/** Text of the cluster as code: one line, bounded, fenced by more backticks than it holds. */
export function inlineCode(text: string, max = 300): string {
  const line = oneLine(text, max);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}
