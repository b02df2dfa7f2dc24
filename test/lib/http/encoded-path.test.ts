import { expect, test } from 'vitest';
import { encodedPath } from '../../../src/lib/http/encoded-path.ts';

test.each([
  ['verdict.json', 'verdict.json'],
  ['evidence/logs/shop/api-1/app.log', 'evidence/logs/shop/api-1/app.log'],
  ['evidence/a b/100%?#&.json', 'evidence/a%20b/100%25%3F%23%26.json'],
  ['evidence/"><script>/ä', 'evidence/%22%3E%3Cscript%3E/%C3%A4'],
  // Half of a character: encodeURIComponent alone throws.
  ['evidence/\ud800', 'evidence/%EF%BF%BD'],
  ['', ''],
])('%j in an address is %s', (path, address) => {
  expect(encodedPath(path)).toBe(address);
  expect(new URL(`/files/${encodedPath(path)}`, 'http://host').pathname).toBe(`/files/${address}`);
});
