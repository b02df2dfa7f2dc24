import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareSeverity, severities } from '../../src/domain/fault.ts';

const some = fc.constantFrom(...severities);

test('INT-3: info is less than warning, and warning less than critical', () => {
  expect([...severities].toSorted(compareSeverity)).toEqual(['info', 'warning', 'critical']);
  expect(compareSeverity('critical', 'info')).toBe(1);
  expect(compareSeverity('info', 'critical')).toBe(-1);
  expect(compareSeverity('warning', 'warning')).toBe(0);
});

test('INT-3: severities have one order', () => {
  fc.assert(
    fc.property(some, some, some, (a, b, c) => {
      expect(compareSeverity(a, b)).toBe(0 - compareSeverity(b, a));
      expect(compareSeverity(a, b) === 0).toBe(a === b);
      const ordered = compareSeverity(a, b) <= 0 && compareSeverity(b, c) <= 0;
      expect(ordered && compareSeverity(a, c) > 0).toBe(false);
    }),
  );
});
