import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localClock, localTime, readTime, timesInZone } from '../../../src/lib/display/local-time.ts';

const winter = Date.UTC(2026, 10, 20, 9, 5, 7);
const module = path.join(import.meta.dirname, '../../../src/lib/display/local-time.ts');

test.each([
  ['UTC', '2026-11-20 09:05:07+00:00'],
  ['Europe/Berlin', '2026-11-20 10:05:07+01:00'],
  ['America/St_Johns', '2026-11-20 05:35:07-03:30'],
  ['Asia/Kathmandu', '2026-11-20 14:50:07+05:45'],
  ['Pacific/Kiritimati', '2026-11-20 23:05:07+14:00'],
])('UX-20: a time is that of its zone, with the offset: %s', (zone, text) => {
  expect(localTime(winter, zone)).toBe(text);
  expect(localClock(winter, zone)).toBe(text.slice(11));
});

test('UX-20: the hour that comes twice in autumn is told apart by its offset, the one that is left out in spring never comes', () => {
  const autumn = Date.UTC(2026, 9, 25, 0, 30);
  expect(localTime(autumn, 'Europe/Berlin')).toBe('2026-10-25 02:30:00+02:00');
  expect(localTime(autumn + 3_600_000, 'Europe/Berlin')).toBe('2026-10-25 02:30:00+01:00');
  const spring = Date.UTC(2026, 2, 29, 0, 59, 59);
  expect(localTime(spring, 'Europe/Berlin')).toBe('2026-03-29 01:59:59+01:00');
  expect(localTime(spring + 1000, 'Europe/Berlin')).toBe('2026-03-29 03:00:00+02:00');
});

test('UX-20: what is shown can be read back to the same second, in each zone', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tehran');
  fc.assert(
    fc.property(zones, fc.integer({ min: 0, max: 4_000_000_000 }), (zone, seconds) => {
      expect(Date.parse(localTime(seconds * 1000, zone).replace(' ', 'T'))).toBe(seconds * 1000);
    }),
  );
});

test.each([
  ['Europe/Berlin', '2026-11-20 10:05:07+01:00'],
  ['UTC', '2026-11-20 09:05:07+00:00'],
  ['UTC-3', '2026-11-20 12:05:07+03:00'],
  ['nonsense', '2026-11-20 09:05:07+00:00'],
])('UX-20: TZ=%s is the zone of a process', (TZ, text) => {
  const script = `import { localTime, ownTimeZone } from ${JSON.stringify(module)}; process.stdout.write(localTime(${winter}, ownTimeZone()));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { TZ },
  });
  expect(stdout).toBe(text);
});

test.each([
  ['2026-11-20', '2026-11-19T15:00:00Z'],
  ['2026-11-20T09:00', '2026-11-20T00:00:00Z'],
  ['2026-11-20 09:00:30', '2026-11-20T00:00:30Z'],
  ['2026-11-20T09:00:30.5', '2026-11-20T00:00:30Z'],
  ['2026-11-20T09:00Z', '2026-11-20T09:00:00Z'],
  ['2026-11-20t09:00:00z', '2026-11-20T09:00:00Z'],
  ['2026-11-20 09:00:00+01:00', '2026-11-20T08:00:00Z'],
  ['2026-11-20T09:00:00-0330', '2026-11-20T12:30:00Z'],
])('UX-20: %s is read in the zone of the person, unless it says an offset', (text, at) => {
  expect(readTime(text, 'Asia/Tokyo')).toBe(Date.parse(at));
});

test.each(['', 'yesterday', '2026-02-31', '2026-13-01', '2026-11-20T25:00', '2026-11-20T09', '2026-11-20T09:00+99:99'])(
  'UX-20: "%s" is no time',
  (text) => {
    expect(readTime(text, 'Europe/Berlin')).toBeNull();
  },
);

test('UX-20: an hour that comes twice is its first, one that never comes is behind the change', () => {
  expect(readTime('2026-10-25 02:30', 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 25, 0, 30));
  expect(readTime('2026-03-29 02:30', 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 1, 30));
});

test('UX-20: each time that is shown is read as what it is, with its offset and without', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  fc.assert(
    fc.property(zones, fc.integer({ min: 0, max: 4_000_000_000 }), (zone, seconds) => {
      const shown = localTime(seconds * 1000, zone);
      expect(readTime(shown, zone)).toBe(seconds * 1000);
      const bare = readTime(shown.slice(0, 19), zone);
      expect(localTime(bare ?? 0, zone).slice(0, 19)).toBe(shown.slice(0, 19));
    }),
  );
});

test('OPS-4: times in a text that say that they are UTC come in the zone of the reader; others stay', () => {
  const text = 'active since 2026-11-28T15:11:31.259Z, at 2026-11-28 15:11:31 UTC';
  expect(timesInZone(text, 'Europe/Berlin')).toBe(
    'active since 2026-11-28 16:11:31+01:00, at 2026-11-28 16:11:31+01:00',
  );
  for (const other of ['2026-99-99T15:11:31Z', '2026-11-28 15:11:31', '2026-11-28T15:11:31+02:00', '15:11:31Z']) {
    expect(timesInZone(other, 'Europe/Berlin')).toBe(other);
  }
});
