import { expect, test } from 'vitest';
import { parseJson, parseJsonObject } from '../../../src/lib/untrusted/parse-json.ts';

test.each([
  ['{"a":[1]}', { a: [1] }],
  ['{}', {}],
])('%s is an object', (text, value) => {
  expect(parseJson(text)).toEqual(value);
  expect(parseJsonObject(text)).toEqual(value);
});

test.each([
  ['[1]', [1]],
  ['"a"', 'a'],
  ['0', 0],
  ['false', false],
  ['null', null],
])('%s is JSON and no object', (text, value) => {
  expect(parseJson(text)).toEqual(value);
  expect(parseJsonObject(text)).toBeNull();
});

test.each(['', '{', 'undefined', '{"a":1} {"b":2}', '<html>'])('%j is no JSON', (text) => {
  expect(parseJson(text)).toBeNull();
  expect(parseJsonObject(text)).toBeNull();
});
