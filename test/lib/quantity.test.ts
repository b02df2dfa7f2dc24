import fc from 'fast-check';
import { expect, test } from 'vitest';
import { duration, formatDuration, parseDuration, parseSize, size } from '../../src/lib/quantity.ts';

test.each([
  ['30s', 30_000],
  ['10m', 600_000],
  ['168h', 604_800_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['30d', 2_592_000_000],
])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(['', '10', 's', '-1s', '1 s', '1.5h', '10x'])('%j is no duration', (text) =>
  expect(parseDuration(text)).toBeNull(),
);

test('a duration is written so that it reads back the same', () => {
  fc.assert(fc.property(fc.nat(10 ** 10), (ms) => parseDuration(formatDuration(ms)) === ms));
});

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
