import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/lib/duration.ts';

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
