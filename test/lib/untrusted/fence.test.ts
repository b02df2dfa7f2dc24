import { expect, test } from 'vitest';
import fc from 'fast-check';
import { fenced } from '../../../src/lib/untrusted/fence.ts';

test('GAT-5: no text closes its fence, and nothing unseen is in it', () => {
  const pieces = fc.constantFrom(
    '`',
    '```',
    '\n',
    'DATA ',
    ' ENDS',
    ' BEGINS: ',
    '0123456789ab',
    '\u200b',
    '\u{e0041}',
    'x',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const text = fenced(parts.join(''), 'a test', 1000);
      const lines = text.split('\n');
      const [first = '', fence = ''] = lines;
      const mark = /^DATA ([0-9a-f]{12}) BEGINS: a test$/.exec(first)?.[1];
      expect(lines.at(-1)).toBe(`DATA ${mark} ENDS`);
      expect(lines.filter((line) => line === fence)).toHaveLength(2);
      expect(lines.filter((line) => line === `DATA ${mark} ENDS`)).toHaveLength(1);
      expect(text).not.toMatch(/[\u0000\u200b]|[\u{e0000}-\u{e007f}]/u);
    }),
  );
});

test('GAT-5: a fence is bounded and says that it cut', () => {
  expect(fenced('y'.repeat(5000), 'a test', 100)).toMatch(/y{99}…\n/);
});
