import type { Change, EvidenceLine, Excerpt, Findings } from '../../domain/verdict/findings.ts';
import { localTime } from '../../lib/display/local-time.ts';
import { age } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';

interface EvidenceLooks {
  readonly now: number;
  readonly timeZone: string;
}

const shownPieces = 6;
const shownChanges = 3;
/** Around the line of a log that is quoted. */
const linesAround = 2;

/**
 * What an answer rests on: of each piece the object, the field and its value, of a log the line among those around it; then
 * what was changed before the first fault. Texts come from clusters.
 */
export function evidenceViewLines({ evidence, missing, changes }: Findings, looks: EvidenceLooks): string[] {
  const pieces = evidence.slice(0, shownPieces).flatMap(pieceLines);
  return [
    ...titled('Evidence', [...pieces, ...rest(evidence.length - shownPieces)]),
    ...titled('Changed before', [
      ...changes.slice(0, shownChanges).map((change) => changeLine(change, looks)),
      ...rest(changes.length - shownChanges),
    ]),
    ...titled(
      'Not seen',
      missing.map((item) => `  - ${oneLine(item, 600)}`),
    ),
  ];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function rest(count: number): string[] {
  return count > 0 ? [`  … and ${count} more, in the report`] : [];
}

function pieceLines({ words, quote, field, excerpt }: EvidenceLine): string[] {
  // A log's words are its place, and the line itself is what counts.
  const place = field === null ? [] : [`    field ${oneLine(field, 300)}`];
  const lines = excerpt === null ? [] : excerptLines(excerpt);
  const quoted = lines.length === 0 && field === null ? [`    ${oneLine(quote, 500)}`] : [];
  return [`  - ${oneLine(words, 600)}`, ...place, ...quoted, ...lines];
}

/** Numbered as in the file, the quoted line with a mark. */
function excerptLines({ first, lines }: Excerpt): string[] {
  const marked = lines.findIndex((line) => line.marked);
  const from = Math.max(0, marked - linesAround);
  const shown = lines.slice(from, Math.max(marked, 0) + linesAround + 1);
  const width = String(first + from + shown.length - 1).length;
  return shown.map(({ text, marked: isIt }, at) => {
    const number = String(first + from + at).padStart(width);
    return `    ${isIt ? '>' : ' '} ${number}  ${oneLine(text, 500)}`;
  });
}

function changeLine({ at, object, words }: Change, { now, timeZone }: EvidenceLooks): string {
  return `  - ${oneLine(object, 300)}: ${oneLine(words, 400)}, ${age(at, now)} ago (${localTime(at, timeZone)})`;
}
