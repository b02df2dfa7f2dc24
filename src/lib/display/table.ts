import { cutDisplay, displayWidth, hangDisplay, padDisplay, wrapDisplay } from './width.ts';

export interface Column {
  readonly title: string;
  /** Wraps the padded text, for colours. */
  readonly paint?: (text: string, row: number) => string;
  /**
   * Its turn to stand below the row where the table does not fit: a lower number goes first. Columns without a number go
   * after those, the last one first; the first one stays.
   */
  readonly goesBelow?: number;
  /** What stands before its text below the row, the title in small letters unless given; empty for nothing. */
  readonly label?: string;
}

export interface TableRow {
  /** The columns that there is room for; the last one is wrapped below itself. */
  readonly lines: readonly string[];
  /** The others, each behind its label: one text, for `hangBelow`. Empty when all are in the line. */
  readonly below: string;
}

export interface Table {
  readonly header: string;
  readonly rows: readonly TableRow[];
}

export interface TableLooks {
  /** Columns of the terminal; infinite in a pipe, where each row is one line. */
  readonly width?: number;
  /** Whether the last column is cut in place of wrapped: for a screen, where a row has one line. */
  readonly cut?: boolean;
}

type Rows = readonly (readonly string[])[];

/** The last column has no less, unless its text is shorter: it would be read word by word. */
const leastOfLast = 20;
/** Of what stands below a row, in columns. */
const indent = 5;

/**
 * Rows in columns, two blanks apart, for a terminal of some width. Nothing is cut unless the looks say so: the last column
 * is wrapped, and columns that have no room stand below their row. A word that is wider than the terminal stays
 * whole. Texts are plain and on one line.
 */
export function formatTable(columns: readonly Column[], rows: Rows, looks: TableLooks = {}): Table {
  const { width = Infinity, cut = false } = looks;
  const sizes = sizesOf(columns, rows, looks);
  const shown = columnsThatFit(columns, sizes, width);
  const before = widthBefore(sizes, shown);
  const line = (cells: readonly string[], row: number | null): string[] => {
    const painted = (index: number, text: string): string =>
      row === null ? text : (columns[index]?.paint?.(text, row) ?? text);
    const first = shown.slice(0, -1).map((index) => {
      return `${painted(index, padDisplay(cells[index] ?? '', sizes[index]?.width ?? 0))}  `;
    });
    const last = shown.at(-1) ?? 0;
    const text = cells[last] ?? '';
    const parts = cut ? [cutDisplay(text, width - before)] : wrapDisplay(text, width - before);
    return parts.map((part, at) => `${at === 0 ? first.join('') : ' '.repeat(before)}${painted(last, part)}`.trimEnd());
  };
  const titles = columns.map(({ title }) => title);
  return {
    header: line(titles, null).join(' '),
    rows: rows.map((cells, row) => ({ lines: line(cells, row), below: belowText(columns, cells, shown) })),
  };
}

/** A text below a row, wrapped; no line for none. */
export function hangBelow(text: string, width: number): string[] {
  return text === '' ? [] : hangDisplay(' '.repeat(indent), text, width);
}

interface Size {
  /** Of its widest text or its title. */
  readonly width: number;
  /** What it needs when it is the last one. */
  readonly least: number;
}

function sizesOf(columns: readonly Column[], rows: Rows, { width: room = Infinity, cut = false }: TableLooks): Size[] {
  return columns.map(({ title }, index) => {
    const texts = rows.map((row) => row[index] ?? '');
    const width = widest([title, ...texts]);
    // A word is not broken, so the longest one has to fit. What is cut may be less on a very narrow screen.
    const least = cut
      ? Math.min(leastOfLast, Math.floor(room / 3))
      : Math.max(leastOfLast, widest(texts.flatMap((text) => text.split(' '))));
    return { width, least: Math.min(width, least) };
  });
}

/** However many they are: a report of others may have a table of any size. */
function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

/** The indices of the columns that there is room for, in their order. */
function columnsThatFit(columns: readonly Column[], sizes: readonly Size[], width: number): number[] {
  let shown = columns.map((_, index) => index);
  const turn = (index: number): number => columns[index]?.goesBelow ?? Infinity;
  const going = shown.slice(1).toSorted((a, b) => (turn(a) === turn(b) ? b - a : turn(a) - turn(b)));
  for (const gone of going) {
    if (widthBefore(sizes, shown) + (sizes[shown.at(-1) ?? 0]?.least ?? 0) <= width) break;
    shown = shown.filter((index) => index !== gone);
  }
  return shown;
}

/** Where the last of these columns begins. */
function widthBefore(sizes: readonly Size[], shown: readonly number[]): number {
  return shown.slice(0, -1).reduce((sum, index) => sum + (sizes[index]?.width ?? 0) + 2, 0);
}

function belowText(columns: readonly Column[], cells: readonly string[], shown: readonly number[]): string {
  return cells
    .flatMap((text, index) => {
      if (text === '' || shown.includes(index)) return [];
      const { title = '', label = title.toLowerCase() } = columns[index] ?? {};
      return [label === '' ? text : `${label} ${text}`];
    })
    .join(' · ');
}
