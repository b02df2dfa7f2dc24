import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { yamlText } from '../../../src/sim/api/yaml-text.ts';

const awkward = [
  'plain',
  'yes',
  'null',
  '1e3',
  '0x1f',
  '12:30',
  '2026-11-20T22:32:38Z',
  'key: value',
  'trailing:',
  '- dash',
  '# comment',
  'a # b',
  "it's",
  '"quoted"',
  ' leading',
  'trailing ',
  '',
  'one\ntwo',
  'one\ntwo\n',
  'one\n\n\n',
  '  indented\nfirst',
  'ends with space \nnext',
  'tab\there',
  '@at',
  '*star',
  `a long text that goes on ${'and on '.repeat(30)}until it ends`,
  `quoted: long text ${'with words '.repeat(30)}end`,
  'ünïcode ✓',
];

test.each(awkward)('%j is read back as it was', (text) => {
  const value = { text, list: [text, [text], { text }], nested: { deeper: { text } } };
  expect(parse(yamlText(value), { version: '1.1' })).toEqual(value);
});

test('long texts are folded at 80 columns as Go folds them', () => {
  const message = `pods "x" is forbidden: exceeded quota: compute, requested: limits.cpu=1, used: limits.cpu=4, limited: limits.cpu=4`;
  expect(yamlText({ status: { message } })).toBe(
    'status:\n  message: \'pods "x" is forbidden: exceeded quota: compute, requested: limits.cpu=1,\n    used: limits.cpu=4, limited: limits.cpu=4\'\n',
  );
});

test('keys are sorted as Go sorts them and sequences stay at the indent of their key', () => {
  expect(yamlText({ b: [{ y: 1, x: [] }], a10: {}, a9: null, B: true })).toBe(
    'B: true\na9: null\na10: {}\nb:\n- x: []\n  "y": 1\n',
  );
});

test('an empty list is []', () => {
  expect(yamlText([])).toBe('[]\n');
});
