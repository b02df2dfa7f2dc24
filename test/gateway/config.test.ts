import { expect, test } from 'vitest';
import { gatewaySchema } from '../../src/gateway/config.ts';

test('GAT-4: patterns are regular expressions that match something', () => {
  expect(gatewaySchema.parse({ redact: { patterns: ['INT-[0-9]+'] } }).redact.patterns).toEqual(['INT-[0-9]+']);
  for (const pattern of ['(', '', 'a*']) {
    const result = gatewaySchema.safeParse({ redact: { patterns: [pattern] } });
    expect(result.error?.issues[0]?.path).toEqual(['redact', 'patterns', 0]);
  }
});
