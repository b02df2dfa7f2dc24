import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonLines } from '../../../src/kube/read/json-lines.ts';

function taken(text: string, cuts: readonly number[], maxBytes = 1_000_000): unknown[] {
  const bytes = Buffer.from(text);
  const lines = new JsonLines(maxBytes);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).flatMap((end, index) => lines.take(bytes.subarray(places[index], end)));
}

test('CON-8: lines are the same however the bytes come', () => {
  const values = fc.array(fc.jsonValue(), { maxLength: 20 });
  fc.assert(
    fc.property(values, fc.array(fc.nat(), { maxLength: 30 }), (given, cuts) => {
      const text = given.map((value) => `${JSON.stringify(value)}\n`).join('');
      expect(taken(text, cuts)).toEqual(JSON.parse(JSON.stringify(given)));
    }),
  );
});

test('CON-8: empty lines say nothing, and a line that has not ended is not given', () => {
  expect(taken('\n{"a":1}\n\n{"b":', [3])).toEqual([{ a: 1 }]);
});

test('CON-8: a line without an end is refused at its bound, however small its pieces are', () => {
  const lines = new JsonLines(1000);
  for (let index = 0; index < 1000; index += 1) lines.take(Buffer.from('x'));
  expect(() => lines.take(Buffer.from('x'))).toThrow('longer than 1000 bytes');
  expect(() => taken(`"${'x'.repeat(2000)}"\n`, [], 1000)).toThrow('longer than 1000 bytes');
});

test('CON-8: what is no JSON is refused', () => {
  expect(() => taken('<html>\n', [])).toThrow('no JSON');
});
