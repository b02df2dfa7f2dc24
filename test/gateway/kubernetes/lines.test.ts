import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter, LogRedactor } from '../../../src/gateway/kubernetes/lines.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

test('lines are the same however their bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'é', '\n', 'bc\n', '')), fc.nat(7), (parts, size) => {
      const bytes = Buffer.from(parts.join(''));
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size + 1) {
        for (const line of splitter.next(bytes.subarray(at, at + size + 1))) lines.push(line.toString('utf8'));
      }
      expect([...lines, splitter.end().toString('utf8')]).toEqual(bytes.toString('utf8').split('\n'));
    }),
  );
});

test('a line without an end comes in pieces, or is refused where a piece is of no use', () => {
  const pieces = new LineSplitter(4).next(Buffer.from('abcdefghij'));
  expect(pieces.map(String)).toEqual(['abcd', 'efgh']);
  expect(() => new LineSplitter(4, true).next(Buffer.from('abcdefghij'))).toThrow('longer than 4');
});

test('GAT-4: a private key over several lines of a log goes whole, and the log goes on behind it', () => {
  const log = new LogRedactor(createRedactor());
  const begin = `-----BEGIN ${['RSA', 'PRIVATE', 'KEY'].join(' ')}-----`;
  const lines = [
    'starting',
    `key: ${begin}`,
    'MIIEvQzebra',
    'IBADzebra',
    begin.replace('BEGIN', 'END'),
    'password=zebra1 done',
  ];
  const clean = lines.map((line) => log.line(line));
  expect(clean.join('\n')).not.toContain('zebra');
  expect(clean[0]).toBe('starting');
  expect(clean[5]).toBe('password=<redacted:pair> done');
});

test('GAT-4: a key whose end never comes hides no more than a key has', () => {
  const log = new LogRedactor(createRedactor());
  log.line(`-----BEGIN ${['PRIVATE', 'KEY'].join(' ')}-----`);
  const rest = Array.from({ length: 300 }, (_, at) => log.line(`line ${at}`));
  expect(rest.filter((line) => line.startsWith('line'))).toHaveLength(100);
});
