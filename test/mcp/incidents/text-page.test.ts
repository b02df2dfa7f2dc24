import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textPage } from '../../../src/mcp/incidents/text-page.ts';

/** The parts of a text, behind each other. */
function parts(text: string, max_bytes: number): string[] {
  const bytes = Buffer.from(text);
  const all: string[] = [];
  let cursor: string | undefined;
  do {
    const page = textPage(bytes, { cursor, max_bytes });
    expect(page.total_bytes).toBe(bytes.length);
    expect(page.truncated).toBe(page.next_cursor !== undefined);
    all.push(page.text);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return all;
}

test('parts end with a line, and with a character where a line is too long', () => {
  expect(parts('one\ntwo\nthree\n', 9)).toEqual(['one\ntwo\n', 'three\n']);
  expect(parts('ääää', 3)).toEqual(['ä', 'ä', 'ä', 'ä']);
  expect(parts('名前名前', 7)).toEqual(['名前', '名前']);
  expect(parts('', 9)).toEqual(['']);
  expect(parts('123456789', 9)).toEqual(['123456789']);
});

test('the parts of any text are all of it', () => {
  const text = fc.array(
    fc.oneof(fc.constantFrom('\n', 'ä', '名', '😀', 'a'.repeat(30)), fc.string({ unit: 'grapheme' })),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 40 }), (pieces, max) => {
      // What cannot be shown is replaced in the whole as in its parts.
      const whole = textPage(Buffer.from(pieces.join('')), { max_bytes: 1_000_000 }).text;
      expect(parts(pieces.join(''), max).join('')).toBe(whole);
    }),
  );
});

test('what could steer a terminal is no part of it', () => {
  expect(textPage(Buffer.from('a\u001b[31mb\u202ec'), { max_bytes: 100 }).text).toBe('a\ufffd[31mb\ufffdc');
});

test.each(['x', '-1', '1.5', '99', ' 1', '1e1', '01'])('a cursor %s is none', (cursor) => {
  expect(() => textPage(Buffer.from('some text'), { cursor, max_bytes: 4 })).toThrow(
    'cursor is none that this tool gave',
  );
});
