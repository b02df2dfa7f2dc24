import { expect, test } from 'vitest';
import { duration, parseSize, size } from '../../src/lib/quantity.ts';

test.each([
  ['512Mi', 536_870_912],
  ['2Gi', 2_147_483_648],
  ['64Ki', 65_536],
  ['10', 10],
])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each(['', 'Mi', '1MB', '1.5Gi', '-1'])('%j is no size', (text) => expect(parseSize(text)).toBeNull());

test('a setting has its default and names the form that it wants', () => {
  expect(duration('5m').parse(undefined)).toBe(300_000);
  expect(size('1Mi').parse(undefined)).toBe(1_048_576);
  expect(duration('5m').safeParse('soon').error?.issues[0]?.message).toContain('30s');
});
