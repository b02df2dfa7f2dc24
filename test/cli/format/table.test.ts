import { expect, test } from 'vitest';
import { tableLines } from '../../../src/cli/format/table.ts';

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
