import { expect, test } from 'vitest';
import { triesFrom, TryLimit } from '../../../src/health/access/try-limit.ts';

test('failures of one address, and of all together, are bounded within the window', () => {
  const limit = new TryLimit({ each: 2, all: 3, windowMs: 1000 });
  expect(limit.wait('a', 0)).toBe(0);
  limit.failed('a', 0);
  limit.failed('a', 100);
  expect(limit.wait('a', 200)).toBe(800);
  expect(limit.wait('b', 200)).toBe(0);
  limit.failed('b', 300);
  // Three of anybody: a fourth address waits too, until the first is forgotten.
  expect(limit.wait('c', 400)).toBe(600);
  expect(limit.wait('a', 1050)).toBe(0);
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['::', '0:0:0:0'],
])('tries of %s are those of %s', (ip, from) => expect(triesFrom(ip)).toBe(from));
