import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oneLine, plural, printable, sentence, truncate } from '../../src/lib/text.ts';

test('foreign text loses its terminal escapes, its line breaks and its length', () => {
  expect(oneLine('a\u001b[31mred\r\n  b\u0007', 100)).toBe('a\ufffd[31mred\ufffd b\ufffd');
  expect(printable('a\u202eb')).toBe('a\ufffdb');
  expect(printable('tab\tand\nline')).toBe('tab\tand\nline');
});

test('one line never holds a control character and never exceeds its length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, max) => {
      const line = oneLine(text, max);
      return line.length <= max && ![...line].some((character) => character < ' ');
    }),
  );
});

test('a cut text says so', () => {
  expect(truncate('abcdef', 4)).toBe('abc…');
  expect(truncate('abc', 4)).toBe('abc');
  expect(truncate('ab😀cd', 4)).toBe('ab…');
  expect(truncate('ab😀cd', 5)).toBe('ab😀…');
});

test('counts read as words', () => expect([plural(1, 'pod'), plural(3, 'pod')]).toEqual(['1 pod', '3 pods']));

test.each([
  ['A is not set', 'A is not set.'],
  ['A is not set \n', 'A is not set.'],
  ['It ends. ', 'It ends.'],
  ['Why?', 'Why?'],
  ['No!', 'No!'],
  ['it says:', 'it says:'],
  ['cut…', 'cut…'],
  ['it says "no such file."', 'it says "no such file."'],
  ['it says "no such file"', 'it says "no such file".'],
  ['', ''],
])('a sentence has one stop: %j', (text, wanted) => expect(sentence(text)).toBe(wanted));
