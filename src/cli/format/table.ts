import { cutDisplay, displayWidth, padDisplay } from '../../lib/display/width.ts';

export interface Column {
  readonly title: string;
  /** Wraps the padded text, for colours. */
  readonly paint?: (text: string, row: number) => string;
}

/**
 * Lines of a table, columns two blanks apart, the last one not padded and cut to the width of the terminal. Texts are
 * plain and on one line.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  // Cut to nothing it would say nothing: then the terminal breaks the line.
  const last = Math.max(width - before, 20);
  const line = (cells: readonly string[], row: number): string =>
    columns
      .map(({ paint }, index) => {
        const text = cells[index] ?? '';
        const shown = index === columns.length - 1 ? cutDisplay(text, last) : padDisplay(text, widths[index] ?? 0);
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
