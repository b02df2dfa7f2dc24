import { expect, test } from 'vitest';
import { jsonErrorText } from '../../../src/sim/mcp/go-json-error.ts';

/** The words are those of Go's encoding/json for the same texts. */
test.each([
  ['{oops', "invalid character 'o' looking for beginning of object key string"],
  ['oops', "invalid character 'o' looking for beginning of value"],
  ['{"a": oops}', "invalid character 'o' looking for beginning of value"],
  ['[1, oops]', "invalid character 'o' looking for beginning of value"],
  ['{"a": 1', 'unexpected end of JSON input'],
  ['', 'unexpected end of JSON input'],
  ['{} x', "invalid character 'x' after top-level value"],
])('%j: %s', (text, words) => {
  expect(jsonErrorText(text)).toBe(words);
});
