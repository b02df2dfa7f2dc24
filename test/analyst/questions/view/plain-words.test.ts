import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCommonWord, plainWords } from '../../../../src/analyst/questions/view/plain-words.ts';

const letters = (word: string): string => [...word].toSorted().join('');

test('NOT-5: a short word is read as it is written, but for two letters that changed places', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,5}$/), (word) => {
      fc.pre(!isCommonWord(word));
      expect(letters(plainWords(word))).toBe(letters(word));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  'exist',
  'edit',
  'loss',
  'pause',
  'mode',
  'coded',
  'logo',
  'whit',
  'foxed',
  'chance',
  'charged',
  'release',
  'deploys',
])('NOT-5: %s is a word of its own', (word) => {
  expect(plainWords(word)).toBe(word);
});

test.each([
  ['evnets', 'events'],
  ['craching', 'crashing'],
  ['nodse', 'nodes'],
  ['resorces', 'resources'],
  ['enviroment', 'environment'],
  ['confguration', 'configuration'],
])('NOT-5: %s is taken for %s', (word, meant) => {
  expect(plainWords(word)).toBe(meant);
});
