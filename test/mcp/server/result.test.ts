import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { shapeResult } from '../../../src/mcp/server/result.ts';
import { define } from '../../../src/mcp/tool.ts';

test.each(['lines', 'raw_lines'])('a private key in %s of a log leaves in none of them (K8S-5)', (list) => {
  const tool = define({
    name: 'get_log',
    toolset: 'kubernetes',
    title: 'A log',
    description: 'A log.',
    input: z.strictObject({}),
    output: z.object({ [list]: z.array(z.string()) }),
    run: () => Promise.resolve({}),
  });
  // Put together here, so that no scanner takes this file for a leak.
  const key = ['-----BEGIN EC PRIVATE ', 'KEY-----\nzebraMHcCAQEEIB\nzebraAwEHoUQD\n-----END EC PRIVATE ', 'KEY-----'];
  const lines = ['read', ...key.join('').split('\n'), 'done'];
  const options = { redact: createRedactor(), maxBytes: 65_536, cursorAfter: null };
  const result = shapeResult(tool, { containers: [{ [list]: lines }] }, options);
  expect(JSON.stringify(result)).not.toContain('zebra');
  const hidden = '<redacted:private_key>';
  expect(result.structuredContent).toMatchObject({
    containers: [{ [list]: ['read', hidden, hidden, hidden, hidden, 'done'] }],
  });
});
