import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linearRegex, maxPatternLength } from '../../../src/lib/regex/linear-regex.ts';

test('a pattern fits the whole text', () => {
  expect(linearRegex('prod-.*').matches('prod-eu')).toBe(true);
  expect(linearRegex('prod').matches('prod-eu')).toBe(false);
  expect(linearRegex('a|b').matches('ab')).toBe(false);
  expect(linearRegex('^a.*b$').matches('a\nb')).toBe(true);
  expect(linearRegex('').matches('')).toBe(true);
  expect(linearRegex('(?i)Prod').matches('pROD')).toBe(true);
});

test.each([
  ['(', 'missing closing )'],
  ['a**', 'invalid nested repetition'],
  ['(?=a)', 'invalid or unsupported Perl syntax'],
  [String.raw`(a)\1`, 'invalid escape sequence'],
  ['a'.repeat(maxPatternLength + 1), 'characters'],
  ['((a{100}){100}){100}', 'invalid repeat count'],
  ['(x{100}){9}'.repeat(10), 'too large'],
])('%# what is no pattern, or too large, is refused in a sentence', (pattern, reason) => {
  expect(() => linearRegex(pattern)).toThrow(reason);
});

/** Patterns of which a backtracking engine tries more ways than there is time for. */
test.each(['(a+)+b', '(a|aa)+b', '(a*)*b', '([a-z]+)*[0-9]', '(a?){30}a{30}b', '(.*a){12}b'])(
  'INT-3: %s decides about a long text without trying every way',
  (pattern) => {
    // Backtracking would not end in the lifetime of the machine: that it ends is the proof.
    expect(linearRegex(pattern).matches('a'.repeat(2000))).toBe(false);
  },
);

test('it agrees with the expressions of the language', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '-',
    '.',
    '[ab]',
    '[^a]',
    '(a|b)',
    '(ab)?',
    'a*',
    'b+',
    'a{1,2}',
    String.raw`\d`,
    'x|',
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '1', 'x', 'é', '😀'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), text, (pieces, given) => {
      const pattern = pieces.join('');
      expect(linearRegex(pattern).matches(given)).toBe(new RegExp(`^(?:${pattern})$`, 'su').test(given));
    }),
  );
});
