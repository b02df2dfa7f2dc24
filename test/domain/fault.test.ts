import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareSeverity, faultId, severities } from '../../src/domain/fault.ts';

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

test.each([
  [['', 'PodCrash', 'uid-1', 'app'], ':PodCrash:uid-1:app'],
  [['east', 'CrashLoop', '0a1b', 'app'], 'east:CrashLoop:0a1b:app'],
  [['east', 'NodeUnhealthy', 'n-uid', ''], 'east:NodeUnhealthy:n-uid:'],
] as const)('INT-1: the id of %j is made from what the push server hashes', (parts, hashed) => {
  const [cluster, type, uid, container] = parts;
  const digest = createHash('sha256').update(hashed).digest('hex');
  expect(faultId(cluster, type, uid, container)).toBe(digest.slice(0, 16));
});

test('INT-1: an id can be made by hand', () => {
  // printf '%s' 'prod:PodCrash:1234:app' | sha256sum
  expect(faultId('prod', 'PodCrash', '1234', 'app')).toBe('bb1f7cb8eb7cfef4');
});

test('INT-1: an id is 16 hex digits, the same for the same fault and another for another', () => {
  const text = fc.string({ unit: 'grapheme' }).map((part) => part.replaceAll(':', ''));
  const parts = fc.tuple(text, text, text, text);
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      expect(faultId(...a)).toMatch(/^[0-9a-f]{16}$/);
      expect(faultId(...a)).toBe(faultId(...a));
      expect(faultId(...a) === faultId(...b)).toBe(a.join(':') === b.join(':'));
    }),
  );
});
