import { expect, test } from 'vitest';
import { plainText } from '../../../src/mcp/server/plain-text.ts';

test('fields are lines, lists of flat objects tables, the rest is indented', () => {
  const text = plainText({
    cluster: 'east',
    ready: true,
    reason: null,
    left_out: undefined,
    items: [
      { name: 'web', restarts: 3, images: ['a', 'b'] },
      { name: 'db', problem: 'two\nlines' },
    ],
    nested: [{ name: 'x', inner: { a: 1 } }],
    words: ['one', 'two'],
    nothing: [],
  });
  expect(text.split('\n')).toEqual([
    'cluster: east',
    'ready: true',
    'reason: -',
    'items:',
    '  name | restarts | images | problem',
    '  web | 3 | a, b | -',
    '  db | - | - | two lines',
    'nested:',
    '  - name: x',
    '    inner:',
    '      a: 1',
    'words:',
    '  - one',
    '  - two',
    'nothing: none',
  ]);
});
