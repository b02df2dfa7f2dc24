import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutColored,
  cutDisplay,
  displayWidth,
  hangDisplay,
  padDisplay,
  wrapDisplay,
} from '../../../src/lib/display/width.ts';

describe('columns of a terminal', () => {
  test.each([
    ['plain', 5],
    ['', 0],
    ['größe', 5],
    ['gro\u0308ße', 5],
    ['日本語', 6],
    ['한국', 4],
    ['ａｂ', 4],
    ['🔥', 2],
    ['👩‍👩‍👧', 2],
    ['⚠️', 2],
    ['✅', 2],
    ['🇩🇪', 2],
    ['a\u200bb', 2],
    ['…', 1],
    ['─', 1],
    ['שלום', 4],
  ])('UX-20: %s takes %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('UX-20: padded and cut texts have the columns that were asked for, and no character is cut in two', () => {
    expect(padDisplay('日本', 6)).toBe('日本  ');
    expect(cutDisplay('日本語', 5)).toBe('日本…');
    expect(cutDisplay('日本語', 4)).toBe('日…');
    expect(cutDisplay('abc', 3)).toBe('abc');
    expect(cutDisplay('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…');
    expect(cutDisplay('abc', 0)).toBe('');
  });
});

test('UX-20: colours take no columns, and none of them is cut off', () => {
  expect(cutColored('\u001b[2mabc\u001b[22m', 3)).toBe('\u001b[2mabc\u001b[22m');
  expect(cutColored('\u001b[2mabcd\u001b[22m', 3)).toBe('\u001b[2mab…\u001b[22m');
  const parts = fc.array(fc.constantFrom('a', 'bc', '日', '🔥', '👩‍👩‍👧', '\u001b[1m', '\u001b[22m', '\u001b[31m', '[2m'));
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 12 }), (all, columns) => {
      const isColour = (part: string): boolean => part.startsWith('\u001b');
      const cut = cutColored(all.join(''), columns);
      const plain = cut.replaceAll(/\u001b\[[0-9;]*m/g, '');
      expect(plain).toBe(cutDisplay(all.filter((part) => !isColour(part)).join(''), columns));
      expect(cut.match(/\u001b\[[0-9;]*m/g) ?? []).toEqual(all.filter(isColour));
    }),
  );
});

describe('wrapping', () => {
  test('UX-20: breaks between words alone; a longer word stays whole', () => {
    expect(wrapDisplay('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrapDisplay(`see ${'x'.repeat(30)} there`, 10)).toEqual(['see', 'x'.repeat(30), 'there']);
    expect(wrapDisplay('日本 語日', 5)).toEqual(['日本', '語日']);
    expect(wrapDisplay('one line', Infinity)).toEqual(['one line']);
    expect(wrapDisplay('', 10)).toEqual(['']);
  });

  test('UX-20: text hangs behind its label, in the same width', () => {
    expect(hangDisplay('Cause  ', 'one two three four', 14)).toEqual(['Cause  one two', '       three', '       four']);
    expect(hangDisplay('Cause  ', 'one two three four', 14, 2)).toEqual(['Cause  one two', '  three four']);
    expect(hangDisplay('日本  ', '語日 語日', 10)).toEqual(['日本  語日', '      語日']);
    expect(hangDisplay('Cause  ', '', 14)).toEqual(['Cause  ']);
  });

  test('UX-20: no word is lost, and no line is too wide but one of a single word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z日🔥]{1,12}$/u), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (list, columns) => {
        const lines = wrapDisplay(list.join(' '), columns);
        expect(lines.join(' ')).toBe(list.join(' '));
        expect(lines.filter((line) => line.includes(' ') && displayWidth(line) > columns)).toEqual([]);
      }),
    );
  });
});
