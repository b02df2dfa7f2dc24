import { expect, test } from 'vitest';
import { costOf, isPriced } from '../../../src/gateway/models/prices.ts';
import { noTokens } from '../../../src/gateway/models/provider.ts';

const million = { ...noTokens, input: 1_000_000, output: 1_000_000 };

test.each([
  ['claude-opus-5-5', 24],
  ['claude-sonnet-5-5', 12],
  ['claude-sonnet-5', 12],
  ['claude-sonnet-5-20260901', 12],
  ['claude-haiku-4-5-20251001', 6],
  ['gemini-3.8-flash', 4.5],
  ['gemini-3.5-flash-lite', 2.8],
  ['gemini-2.5-pro', 17.5],
  ['gemini-2.5-flash', 2.8],
  ['gemini-9-ultra', null],
  ['claude-sonnet-9', null],
  ['my-own-model', null],
  ['', null],
])('TRI-8: a million tokens in and out of %s cost %s USD', (model, usd) => {
  expect(costOf(model, million, {})).toBe(usd);
  expect(isPriced(model, {})).toBe(usd !== null);
});

test('TRI-8: what comes from the cache is cheaper, what goes into it dearer', () => {
  const tokens = { input: 1_000_000, cached: 300_000, written: 200_000, writtenLong: 100_000, output: 0 };
  expect(costOf('claude-opus-5-5', tokens, {})).toBeCloseTo(0.4 * 4 + 0.3 * 0.2 + 0.2 * 5 + 0.1 * 8, 9);
});

test('TRI-8: a long request of OpenAI costs twice the input and one and a half times the output', () => {
  const at = (input: number): number | null => costOf('gpt-5.5', { ...noTokens, input, output: 1000 }, {});
  expect(at(272_000)).toBeCloseTo(272_000 * 5e-6 + 0.03, 9);
  expect(at(272_001)).toBeCloseTo(272_001 * 10e-6 + 0.045, 9);
});

test('TRI-8: prices of the configuration come first, the longest name that fits counts', () => {
  const prices = {
    '*': { input: 1, output: 1 },
    'house-*': { input: 2, output: 2 },
    'house-large-*': { input: 3, cached_input: 1, output: 3 },
    'a.c': { input: 100, output: 100 },
  };
  expect(costOf('claude-opus-5-5', million, prices)).toBe(2);
  expect(costOf('house-small', million, prices)).toBe(4);
  expect(costOf('house-large-2', { ...million, cached: 1_000_000 }, prices)).toBe(4);
  // A name is a name, not an expression.
  expect(costOf('abc', million, prices)).toBe(2);
});

test('TRI-8: no tokens cost nothing, whatever the model', () => {
  expect(costOf('my-own-model', noTokens, {})).toBe(0);
});
