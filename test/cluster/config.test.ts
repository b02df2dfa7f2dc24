import { describe, expect, test } from 'vitest';
import { mcpSchema } from '../../src/cluster/config.ts';

const endpoint = 'http://mcp.example:8080/mcp';
const isValid = (mcp: object): boolean => mcpSchema.safeParse({ endpoint, ...mcp }).success;

describe('CFG-1, CON-2: what HTTP cannot carry is refused before a connection fails of it', () => {
  test.each(['two\nlines', 'bell\u0007', 'schlüssel-€', 'ключ'])('as a key or a value: %j', (text) => {
    expect(isValid({ api_key: text })).toBe(false);
    expect(isValid({ headers: { 'x-team': text } })).toBe(false);
  });

  test.each(['x team', 'x:team', '', 'x-tëam'])('as the name of a header: %j', (name) => {
    expect(isValid({ headers: { [name]: 'payments' } })).toBe(false);
  });

  test('what is usual passes', () => {
    const headers = { 'X-Scope-OrgID': 'team a|b', Cookie: 'a=b; c="d"', 'x-empty': '' };
    expect(mcpSchema.parse({ endpoint, api_key: 'eyJhbGciOi.J9-_=+/', headers })).toMatchObject({ headers });
  });
});
