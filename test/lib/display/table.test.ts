import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Column, formatTable, hangBelow, type TableLooks } from '../../../src/lib/display/table.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';

const titled = (...titles: string[]): Column[] => titles.map((title) => ({ title }));

/** All lines, as a command prints them. */
function lines(columns: readonly Column[], rows: readonly (readonly string[])[], looks: TableLooks = {}): string[] {
  const table = formatTable(columns, rows, looks);
  return [
    table.header,
    ...table.rows.flatMap((row) => [...row.lines, ...hangBelow(row.below, looks.width ?? Infinity)]),
  ];
}

test('UX-20: columns are as wide as their widest cell, two blanks apart, without blanks at the end', () => {
  const rows = [
    ['5m', 'critical', 'a title'],
    ['2h14m', 'info', ''],
  ];
  expect(lines(titled('AGE', 'SEVERITY', 'INCIDENT'), rows)).toEqual([
    'AGE    SEVERITY  INCIDENT',
    '5m     critical  a title',
    '2h14m  info',
  ]);
});

test('UX-20: a colour changes no width, and the header has none', () => {
  const paint = (text: string, row: number): string => `<${row}:${text}>`;
  const rows = [
    ['long', 'x'],
    ['s', 'y'],
  ];
  expect(lines([{ title: 'A', paint }, { title: 'B' }], rows)).toEqual(['A     B', '<0:long>  x', '<1:s   >  y']);
});

test('UX-20: letters outside of ASCII count as one, however they are stored', () => {
  const rows = [
    ['é𝒳', 'x'],
    ['abc', 'y'],
  ];
  expect(lines(titled('A', 'B'), rows)).toEqual(['A    B', 'é𝒳   x', 'abc  y']);
});

test('UX-20: no rows leave the header; a row that is short is filled', () => {
  expect(lines(titled('A', 'B'), [])).toEqual(['A  B']);
  expect(lines(titled('A', 'B', 'C'), [['x']])).toEqual(['A  B  C', 'x']);
});

test('UX-20: the last column is wrapped below itself', () => {
  expect(lines(titled('A', 'B'), [['aa', 'one two three four five six']], { width: 24 })).toEqual([
    'A   B',
    'aa  one two three four',
    '    five six',
  ]);
});

test('UX-20: columns go below the row, in their order, while the last one has no room, each behind its label', () => {
  const columns = [
    { title: 'A' },
    { title: 'B', goesBelow: 2 },
    { title: 'C', goesBelow: 1, label: '' },
    { title: 'D' },
  ];
  const rows = [['aaaa', 'bbbb', 'cccc', 'd d d d d d d d d d d']];
  const at = (width: number): string[] => {
    const { header, rows: shown } = formatTable(columns, rows, { width });
    return [header, shown[0]?.below ?? ''];
  };
  expect([Infinity, 38, 37, 32, 31, 26, 25, 1].map(at)).toEqual([
    ['A     B     C     D', ''],
    ['A     B     C     D', ''],
    ['A     B     D', 'cccc'],
    ['A     B     D', 'cccc'],
    ['A     D', 'b bbbb · cccc'],
    ['A     D', 'b bbbb · cccc'],
    // The first one stays.
    ['A', 'b bbbb · cccc · d d d d d d d d d d d d'],
    ['A', 'b bbbb · cccc · d d d d d d d d d d d d'],
  ]);
});

test('UX-20: a column whose longest word has no room goes below, where the word is whole', () => {
  const word = 'w'.repeat(30);
  expect(lines(titled('A', 'B'), [['aaaaaaaaaaaa', `x ${word}`]], { width: 40 })).toEqual([
    'A',
    'aaaaaaaaaaaa',
    `     b x ${word}`,
  ]);
});

test('UX-20: for a screen a row is one line, its last column cut', () => {
  const { rows } = formatTable(titled('A', 'B'), [['aaaa', 'b'.repeat(30)]], { width: 28, cut: true });
  expect(rows[0]?.lines).toEqual([`aaaa  ${'b'.repeat(21)}…`]);
});

test('UX-20: a table of any size is formatted', () => {
  const cells = Array.from({ length: 150_000 }, (_, at) => [`${at}`, 'w '.repeat(3)]);
  expect(formatTable(titled('A', 'B'), cells, { width: 40 }).rows).toHaveLength(150_000);
  const one = formatTable(titled('A', 'B'), [['a', 'w '.repeat(300_000)]], { width: 40 });
  expect(one.rows[0]?.lines.length).toBeGreaterThan(10_000);
});

test('UX-20: whatever the width, every word of every cell is there, and no line is wider than the terminal but a word', () => {
  const word = fc.stringMatching(/^[a-z日é]{1,30}$/u);
  const cell = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
  const table = fc.array(fc.tuple(cell, cell, cell, cell), { maxLength: 4 });
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 160 }), table, (width, rows) => {
      const printed = lines(titled('A', 'B', 'C', 'D'), rows, { width });
      const words = printed.join(' ').split(/ +/).toSorted();
      for (const one of rows
        .flat()
        .join(' ')
        .split(/ +/)
        .filter((text) => text !== ''))
        expect(words).toContain(one);
      // The first column has nowhere else to go.
      const first = Math.max(...rows.map(([text]) => displayWidth(text)), 1);
      const tooWide = printed.filter((line) => displayWidth(line) > Math.max(width, first));
      expect(tooWide.filter((line) => line.trimStart().includes(' '))).toEqual([]);
    }),
  );
});
