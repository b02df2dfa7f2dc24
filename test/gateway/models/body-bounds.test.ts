import { expect, test } from 'vitest';
import { HeldBodies, hasTooManyValues, maxStructure } from '../../../src/gateway/models/body-bounds.ts';

test.each([
  ['empty lists', `{"a":[${Array(maxStructure).fill('[]').join()}]}`, true],
  ['numbers', `[${Array(maxStructure).fill('1').join()}]`, true],
  [
    'keys',
    `{${Array(maxStructure / 2)
      .fill('"k":0')
      .join()},"a":0}`,
    true,
  ],
  ['brackets in a text', JSON.stringify({ a: '[{,:"\\'.repeat(maxStructure) }), false],
  ['texts that end in a backslash', JSON.stringify(Array(1000).fill('[,\\')), false],
  ['no JSON', '"'.repeat(1_000_001), false],
])('GAT-3: values are counted before a body is parsed: %s', async (_what, text, tooMany) => {
  expect(await hasTooManyValues(Buffer.from(text))).toBe(tooMany);
});

test('GAT-3: they are counted with the same end however a text lies across the parts that are looked at', async () => {
  const mebibyte = 1024 * 1024;
  for (const length of [-3, -2, -1, 0, 1].map((more) => mebibyte + more)) {
    const text = `["${'x'.repeat(length - 6)}\\\\\\"[[[",1]`;
    expect(JSON.parse(text)).toHaveLength(2);
    expect(await hasTooManyValues(Buffer.from(text), 3)).toBe(false);
    expect(await hasTooManyValues(Buffer.from(text), 2)).toBe(true);
  }
});

test('GAT-3: bodies that are held are bounded for all runs together and for one, and let go', () => {
  const held = new HeldBodies(100, 60);
  const [one, other] = [{}, {}];
  const first = held.open(one);
  expect([first.grow(40), first.grow(20), first.grow(1)]).toEqual([true, true, false]);
  expect(held.open(one).grow(1)).toBe(false);
  const second = held.open(other);
  expect([second.grow(41), second.grow(40)]).toEqual([false, true]);
  first.letGo();
  expect(held.open(one).grow(60)).toBe(true);
});
