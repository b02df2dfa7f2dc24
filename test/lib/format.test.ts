import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  age,
  clockTime,
  fileSize,
  formatDuration,
  formatSize,
  kubectlAge,
  parseDuration,
  parseSize,
  spokenDuration,
  spokenUsd,
} from '../../src/lib/format.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('durations of the configuration', () => {
  test.each([
    ['30s', 30_000],
    ['10m', 600_000],
    ['168h', 604_800_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['30d', 2_592_000_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '10', 's', '-1s', '1 s', '1.5h', '10x'])('%j is none', (text) =>
    expect(parseDuration(text)).toBeNull(),
  );

  test.each([
    [0, '0s'],
    [90_000, '1m30s'],
    [day, '1d'],
    [day + 1, '1d1ms'],
  ])('%d ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test('one is written so that it reads back the same', () => {
    fc.assert(fc.property(fc.nat(10 ** 10), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});

describe('sizes of the configuration', () => {
  test.each([
    ['512Mi', 536_870_912],
    ['2Gi', 2_147_483_648],
    ['64Ki', 65_536],
    ['10', 10],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
    expect(formatSize(bytes)).toBe(text);
  });

  test.each(['', 'Mi', '1MB', '1.5Gi', '-1'])('%j is none', (text) => expect(parseSize(text)).toBeNull());

  test('one is written so that it reads back the same', () => {
    expect(formatSize(0)).toBe('0');
    fc.assert(fc.property(fc.nat(2 ** 40), (bytes) => parseSize(formatSize(bytes)) === bytes));
  });
});

test.each([
  [0, '0 B'],
  [10_239, '10239 B'],
  [10_240, '10 KiB'],
  [12_700, '12 KiB'],
])('a file of %d bytes is listed as %s', (bytes, text) => expect(fileSize(bytes)).toBe(text));

test.each([
  [-5, '0 s'],
  [41_400, '41 s'],
  [59_499, '59 s'],
  [minute, '1 min'],
  [2 * minute + 41_000, '2 min 41 s'],
  [14 * minute + 29_000, '14 min'],
  [59 * minute + 59_000, '1 h'],
  [3 * hour + 5 * minute, '3 h 5 min'],
  [47 * hour, '47 h'],
  [2 * day + 4 * hour, '2 d 4 h'],
  [3 * day, '3 d'],
])('%d ms are said as %s', (ms, text) => expect(spokenDuration(ms)).toBe(text));

test.each([
  [-1000, '0s'],
  [45_900, '45s'],
  [minute, '1m'],
  [59 * minute + 59_000, '59m'],
  [2 * hour, '2h'],
  [2 * hour + 14 * minute, '2h14m'],
  [47 * hour + 59 * minute, '47h59m'],
  [5 * day + 23 * hour, '5d'],
])('%d ms ago is %s in a table', (ms, text) => expect(age(0, ms)).toBe(text));

test.each([
  [45, '45s'],
  [119, '119s'],
  [120, '2m'],
  [536, '8m56s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [18_180, '5h3m'],
  [28_800, '8h'],
  [172_799, '47h'],
  [172_800, '2d'],
  [183_600, '2d3h'],
  [691_200, '8d'],
  [63_072_000, '2y'],
  [72_000_000, '2y103d'],
  [315_360_000, '10y'],
  [-5, '<invalid>'],
])('an age of %i s is %s, as kubectl prints it', (seconds, text) => expect(kubectlAge(seconds * 1000)).toBe(text));

test('a time is UTC, to the second', () => {
  expect(clockTime(Date.UTC(2026, 10, 20, 9, 5, 7, 123))).toBe('2026-11-20 09:05:07Z');
});

test.each([
  [0, '$0'],
  [0.0004, 'less than $0.01'],
  [0.42, '$0.42'],
  [12, '$12.00'],
])('NOT-2: %d dollars are said as %s', (usd, text) => expect(spokenUsd(usd)).toBe(text));
