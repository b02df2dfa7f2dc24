import { expect, test } from 'vitest';
import { healthSchema } from '../../src/health/config.ts';

const proxy = { header: 'X-Forwarded-User', from: ['10.0.0.7', 'fd00::/8'] };

function mistakes(input: unknown): string[] {
  return (healthSchema.safeParse(input).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

test('OPS-3: a proxy names people only who are let act by name or by its role', () => {
  const read = healthSchema.parse({ token: 'x', proxy });
  expect(read.proxy).toEqual({ ...proxy, role: 'read', act: [] });
});

test('OPS-3: a token to read, or a proxy, is refused without the token that keeps others out', () => {
  expect(mistakes({ read_token: 'x' })).toEqual([expect.stringMatching(/^token: a token beside health\.read_token/)]);
  expect(mistakes({ proxy })).toEqual([expect.stringMatching(/^token: a token beside health\.proxy/)]);
  expect(mistakes({ token: 'x', read_token: 'x' })).toEqual(['read_token: another token than health.token']);
  expect(mistakes({ token: 'x', read_token: 'y', proxy })).toEqual([]);
});

test.each([
  ['Cookie', ['10.0.0.1']],
  ['sec-fetch-user', ['10.0.0.1']],
  ['Authorization', ['10.0.0.1']],
  ['X User', ['10.0.0.1']],
  ['X-User', []],
  ['X-User', ['proxy.example']],
  ['X-User', ['10.0.0.0/33']],
  ['X-User', ['10.0.0.0/8/8']],
  ['X-User', ['fd00::/129']],
  ['X-User', ['']],
])('OPS-3: %s from %j names nobody', (header, from) => {
  expect(mistakes({ token: 'x', proxy: { header, from } })).not.toEqual([]);
});
