export interface Column {
  readonly title: string;
  /** Wraps the padded text, for colours. */
  readonly paint?: (text: string, row: number) => string;
}

/** Lines of a table, columns two blanks apart, the last one not padded. Texts are plain and on one line. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[], row: number): string =>
    columns
      .map(({ paint }, index) => {
        const text = cells[index] ?? '';
        const padded = index === columns.length - 1 ? text : pad(text, widths[index] ?? 0);
        return paint && row >= 0 ? paint(padded, row) : padded;
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

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Code points, which is the width of all texts that we show but wide scripts. */
function displayWidth(text: string): number {
  return [...text].length;
}
