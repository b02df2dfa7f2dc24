import fc from 'fast-check';
import { expect, test } from 'vitest';
import { standsIn } from '../../../src/lib/untrusted/linear-search.ts';

test('NOT-5: finds what String.includes finds', () => {
  const few = fc.string({ unit: fc.constantFrom('a', 'b', '\ud83d', '\n'), maxLength: 40 });
  fc.assert(
    fc.property(
      few,
      fc.string({ unit: fc.constantFrom('a', 'b', '\ud83d'), maxLength: 6 }),
      (text, wanted) => standsIn(text, wanted) === text.includes(wanted),
    ),
  );
  expect(standsIn('', '')).toBe(true);
  expect(standsIn('', 'a')).toBe(false);
});
