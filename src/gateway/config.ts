import { z } from 'zod';

const pattern = z.string().refine(isPattern, 'a regular expression that matches no empty text');

/** Settings of what stands between agents and everything else. */
export const gatewaySchema = z
  .strictObject({
    redact: z
      .strictObject({
        patterns: z
          .array(pattern)
          .default([])
          .describe('Regular expressions of secrets, beside the built-in ones: what they match is replaced.'),
      })
      .prefault({})
      .describe('What is taken out of everything that comes from a cluster and everything that an agent says.'),
  })
  .describe('What an agent can reach, and what it never sees.');

function isPattern(text: string): boolean {
  try {
    return !new RegExp(text).test('');
  } catch {
    return false;
  }
}
