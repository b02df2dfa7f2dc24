import { expect, test } from 'vitest';
import { duration, size } from '../../src/lib/quantity.ts';

test('a setting has its default and names the form that it wants', () => {
  expect(duration('5m').parse(undefined)).toBe(300_000);
  expect(size('1Mi').parse(undefined)).toBe(1_048_576);
  expect(duration('5m').safeParse('soon').error?.issues[0]?.message).toContain('30s');
});
