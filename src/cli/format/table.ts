import { cutDisplay, displayWidth, padDisplay } from '../../lib/display/width.ts';

export interface Column {
  readonly title: string;
  /** Wraps the padded text, for colours. */
  readonly paint?: (text: string, row: number) => string;
  /** It may be left out where the table does not fit; a lower number goes first. */
  readonly leftOut?: number;
  /** It may be cut where the table does not fit, to so many columns. */
  readonly cutTo?: number;
}

type Rows = readonly (readonly string[])[];

/** The last column is cut to no less: it would say nothing. */
const leastOfLast = 20;

/**
 * Lines of a table, columns two blanks apart, the last one not padded and cut to the width of the terminal, before it those
 * that may be. What does not fit even then, the terminal breaks. Texts are plain and on one line.
 */
export function tableLines(columns: readonly Column[], rows: Rows, width = Infinity): string[] {
  const widths = cutWidths(columns, widthsOf(columns, rows), width);
  const last = Math.max(width - widthBefore(widths), leastOfLast);
  const line = (cells: readonly string[], row: number): string =>
    columns
      .map(({ paint }, index) => {
        const text = cells[index] ?? '';
        const own = widths[index] ?? 0;
        const shown = index === columns.length - 1 ? cutDisplay(text, last) : padDisplay(cutDisplay(text, own), own);
        return paint && row >= 0 ? paint(shown, row) : shown;
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      -1,
    ),
    ...rows.map(line),
  ];
}

/** Which columns a table of this width has room for, by their index: those that may be left out go while it has none. */
export function columnsThatFit(columns: readonly Column[], rows: Rows, width: number): number[] {
  const widths = widthsOf(columns, rows);
  let shown = columns.map((_, index) => index);
  const going = shown
    .filter((index) => columns[index]?.leftOut !== undefined)
    .toSorted((a, b) => (columns[a]?.leftOut ?? 0) - (columns[b]?.leftOut ?? 0));
  for (const gone of going) {
    if (widthBefore(shown.map((index) => widths[index] ?? 0)) + leastOfLast <= width) break;
    shown = shown.filter((index) => index !== gone);
  }
  return shown;
}

function widthsOf(columns: readonly Column[], rows: Rows): number[] {
  return columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
}

/** Where the last column begins. */
function widthBefore(widths: readonly number[]): number {
  return widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
}

/** The widths, those of columns that may be cut made less by what is missing for the last one. */
function cutWidths(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let missing = Math.max(0, widthBefore(widths) + leastOfLast - width);
  return widths.map((own, index) => {
    const less = Math.min(missing, Math.max(0, own - (columns[index]?.cutTo ?? own)));
    missing -= less;
    return own - less;
  });
}
