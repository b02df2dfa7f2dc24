import { expect, test } from 'vitest';
import { columnsThatFit, tableLines } from '../../../src/cli/format/table.ts';

test('UX-20: columns are as wide as their widest cell, two blanks apart, without blanks at the end', () => {
  const rows = [
    ['5m', 'critical', 'a title'],
    ['2h14m', 'info', ''],
  ];
  expect(tableLines([{ title: 'AGE' }, { title: 'SEVERITY' }, { title: 'INCIDENT' }], rows)).toEqual([
    'AGE    SEVERITY  INCIDENT',
    '5m     critical  a title',
    '2h14m  info',
  ]);
});

test('UX-20: a colour changes no width, and the header has none', () => {
  const paint = (text: string, row: number): string => `<${row}:${text}>`;
  expect(
    tableLines(
      [{ title: 'A', paint }, { title: 'B' }],
      [
        ['long', 'x'],
        ['s', 'y'],
      ],
    ),
  ).toEqual(['A     B', '<0:long>  x', '<1:s   >  y']);
});

test('UX-20: letters outside of ASCII count as one, however they are stored', () => {
  expect(
    tableLines(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['é𝒳', 'x'],
        ['abc', 'y'],
      ],
    ),
  ).toEqual(['A    B', 'é𝒳   x', 'abc  y']);
});

test('UX-20: no rows leave the header; a row that is short is filled', () => {
  expect(tableLines([{ title: 'A' }, { title: 'B' }], [])).toEqual(['A  B']);
  expect(tableLines([{ title: 'A' }, { title: 'B' }, { title: 'C' }], [['x']])).toEqual(['A  B  C', 'x']);
});

test('UX-20: columns that may be left out go one after the other while the last one has no room', () => {
  const columns = [{ title: 'A' }, { title: 'B', leftOut: 2 }, { title: 'C', leftOut: 1 }, { title: 'D' }];
  const rows = [['aaaa', 'bbbb', 'cccc', 'd']];
  const at = (width: number) => columnsThatFit(columns, rows, width);
  expect([at(Infinity), at(38), at(37), at(32), at(31), at(1)]).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
    [0, 1, 3],
    [0, 1, 3],
    [0, 3],
    [0, 3],
  ]);
});

test('UX-20: a column that may be cut is cut by what is missing, to its least width', () => {
  const columns = [{ title: 'A', cutTo: 3 }, { title: 'B' }];
  const line = (width: number) => tableLines(columns, [['aaaaaa', 'b'.repeat(30)]], width)[1];
  expect(line(28)).toBe(`aaaaaa  ${'b'.repeat(19)}…`);
  expect(line(26)).toBe(`aaa…  ${'b'.repeat(19)}…`);
  expect(line(10)).toBe(`aa…  ${'b'.repeat(19)}…`);
});
