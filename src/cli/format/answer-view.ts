import { timesInZone } from '../../lib/display/local-time.ts';
import { hangDisplay } from '../../lib/display/width.ts';
import { printable } from '../../lib/text.ts';
import type { Style } from './style.ts';

interface AnswerLooks {
  readonly style: Style;
  /** Columns; infinite in a pipe. */
  readonly width: number;
  readonly timeZone: string;
}

/**
 * An answer to a question as lines of a terminal: words wrapped, their times in the zone of the person; what quotes a
 * cluster (`> `) as it is, and commands (`$ `) whole on lines of their own, so that they can be copied.
 */
export function answerLines(text: string, looks: AnswerLooks): string[] {
  return text.split('\n').flatMap((line) => answerLine(printable(line), looks));
}

function answerLine(line: string, { style, width, timeZone }: AnswerLooks): string[] {
  if (line.startsWith('> ')) return [style.dim(`  ${line}`)];
  if (line.startsWith('$ ')) return [`    ${line.slice(2)}`];
  const begin = /^ *(?:(?:[-*•]|\d{1,9}[.)]) +)?/.exec(line)?.[0] ?? '';
  return hangDisplay(begin, timesInZone(line.slice(begin.length), timeZone), width);
}
