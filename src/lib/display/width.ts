/*
 * How many columns of a terminal a text takes: wide characters and emoji take two, marks and joiners none
 * (Unicode Standard Annex 11, East Asian Width; UTS 51, Emoji).
 */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const ascii = /^[\u0020-\u007e]*$/;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;
const nothing = /^[\p{Mark}\p{Cf}\p{Cc}\u115f\u1160]+$/u;
// The ranges of Wide and Fullwidth that are no emoji.
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

/** Columns of a terminal that does not say how many it has. */
export const usualColumns = 80;
/** The narrowest terminal for which lines are made. */
const leastColumns = 40;

/** Columns of what text is written to: at least 40 of a terminal; infinite where it is none, as in a pipe. */
export function columnsOf({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return isTTY === true ? Math.max(leastColumns, columns || usualColumns) : Infinity;
}

/** Columns of a text on one line, without escape sequences. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The same text, with blanks up to so many columns. */
export function padDisplay(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** The text cut to so many columns, with an ellipsis where it was cut; no character is cut in two. */
export function cutDisplay(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/**
 * The same of a text with colours (ECMA-48, SGR), which take no columns. None of them is cut off: what begins must end.
 */
export function cutColored(text: string, columns: number): string {
  const parts = text.split(/(\u001b\[[0-9;]*m)/);
  const plain = parts.filter((_, at) => at % 2 === 0).join('');
  const cut = cutDisplay(plain, columns);
  if (cut === plain) return text;
  // What is kept goes back between the colours, the ellipsis to where it ends.
  let left = cut;
  return parts
    .map((part, at) => {
      if (at % 2 === 1) return part;
      const shown = left.length > part.length ? part : left;
      left = left.slice(shown.length);
      return shown;
    })
    .join('');
}

/**
 * Lines of at most so many columns, broken between words. A word that is longer stays whole: what is broken cannot be
 * copied, and a terminal breaks it by itself.
 */
export function wrapDisplay(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const word of text.split(' ')) {
    const own = displayWidth(word);
    if (line !== '' && width + 1 + own > columns) {
      lines.push(line);
      line = '';
    }
    width = line === '' ? own : width + 1 + own;
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * Text behind a beginning, wrapped to so many columns; what follows the first line is indented by so many blanks. Every
 * line has its beginning, so that a label with nothing behind it stays.
 */
export function hangDisplay(begin: string, text: string, columns: number, indent = displayWidth(begin)): string[] {
  const width = displayWidth(begin);
  // The first line is shorter by its beginning: a word of that length stands for it.
  const [first = '', ...more] = wrapDisplay(`${'x'.repeat(width)}${text}`, columns);
  const rest = more.length === 0 ? [] : wrapDisplay(more.join(' '), columns - indent);
  return [`${begin}${first.slice(width)}`, ...rest.map((line) => `${' '.repeat(indent)}${line}`)];
}

function graphemeWidth(grapheme: string): number {
  if (emoji.test(grapheme) || wide.test(grapheme)) return 2;
  return nothing.test(grapheme) ? 0 : 1;
}
