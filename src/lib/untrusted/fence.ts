import { createHash } from 'node:crypto';
import { printable, truncate } from '../text.ts';

// Characters that nobody sees and a model reads all the same: tags (U+E0000), joiners, marks of width zero, variation
// selectors of the second plane.
const unseen = /[\u{e0000}-\u{e01ef}\u200b-\u200d\u2060-\u2064\ufeff\u00ad]/gu;

/**
 * Text of others as data of a prompt: at most `max` characters, without controls and unseen characters, between marks
 * that it cannot close. The marks carry a digest of the text, which no text can hold of itself, and the fence is longer
 * than any run of backticks in it. `source` says where it is from and is ours.
 */
export function fenced(text: string, source: string, max: number): string {
  const shown = truncate(printable(text).replace(unseen, '\ufffd'), max);
  const mark = createHash('sha256').update(source).update(shown).digest('hex').slice(0, 12);
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 2) + 1);
  return `DATA ${mark} BEGINS: ${source}\n${fence}\n${shown}\n${fence}\nDATA ${mark} ENDS`;
}
