import { describe, expect, test } from 'vitest';
import { matchUri } from '../../../src/mcp/server/uri-template.ts';

describe('addresses of templates', () => {
  test('gives the values of the names', () => {
    expect(matchUri('a://all/{id}/x/{name}', 'a://all/MW-001/x/two%20words')).toEqual({
      id: 'MW-001',
      name: 'two words',
    });
    expect(matchUri('a://all', 'a://all')).toEqual({});
  });

  test.each([
    'a://all/',
    'a://all/x/y',
    'a://all/..',
    'a://all/%2e%2e',
    'a://all/a%2Fb',
    'a://all/%00',
    'a://all/%252e',
    'a://all/%',
    'a://all/x?y',
    'b://all/x',
  ])('%s is none', (uri) => expect(matchUri('a://all/{id}', uri)).toBeNull());
});
