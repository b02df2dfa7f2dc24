import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localPath } from '../../../src/lib/http/local-path.ts';

test.each([
  ['/', '/'],
  ['/clusters?state=blind&page=2', '/clusters?state=blind&page=2'],
  ['/i/inc_1#acts', '/i/inc_1'],
  ['/a/../b', '/b'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/\n/evil.example', '/'],
  ['/a/..//evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['evil', '/'],
  ['', '/'],
])('%j leads to %j', (given, expected) => {
  expect(localPath(given)).toBe(expected);
});

test('nothing that is given leads to another host', () => {
  const part = fc.constantFrom(
    '/',
    '\\',
    '\t',
    '\n',
    '.',
    '..',
    'evil.example',
    ':',
    '@',
    '?',
    '#',
    'https:',
    '%2f',
    'a',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      expect(new URL(localPath(parts.join('')), 'http://ours.example').origin).toBe('http://ours.example');
    }),
  );
});
