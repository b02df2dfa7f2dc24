import { expect, test } from 'vitest';
import { consoleStyle, hanging, row } from '../../src/notify/console-text.ts';

const looks = { color: false, timeZone: 'UTC', url: () => null };

test('UX-20: a style is as wide as its terminal is now, within what is good to read', () => {
  let columns: number | null = 60;
  const style = () => consoleStyle({ ...looks, columns: () => columns });
  expect(style()).toMatchObject({ width: 60, lineWidth: 60 });
  columns = 200;
  expect(style()).toMatchObject({ width: 120, lineWidth: 200 });
  columns = 5;
  expect(style()).toMatchObject({ width: 40, lineWidth: 40 });
  columns = null;
  expect(style()).toMatchObject({ width: 100, lineWidth: Infinity });
});

test('UX-20: what follows the first line stands below it, in the same width', () => {
  const style = consoleStyle({ ...looks, columns: () => 40 });
  expect(hanging('09:00:00+00:00  ', 'one two three four five six seven eight nine', style)).toBe(
    '09:00:00+00:00  one two three four five\n    six seven eight nine\n',
  );
  expect(hanging('', 'a '.repeat(30).trim(), style).split('\n')[0]).toHaveLength(39);
  expect(row('Cause', ['', 'one two three four five six seven'], style)).toEqual([
    'Cause     one two three four five six',
    '          seven',
  ]);
});
