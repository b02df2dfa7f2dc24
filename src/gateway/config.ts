import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

const pattern = z.string().refine(isPattern, 'a regular expression that matches no empty text');

const redactSchema = z
  .strictObject({
    patterns: z
      .array(pattern)
      .default([])
      .describe('Regular expressions of secrets, beside the built-in ones: what they match is replaced.'),
  })
  .describe('What is taken out of everything that comes from a cluster and everything that an agent says.');

const usdPerMillion = z.number().nonnegative();

const priceSchema = z.strictObject({
  input: usdPerMillion.describe('USD a million tokens of input.'),
  cached_input: usdPerMillion
    .optional()
    .describe('USD a million tokens of input that the provider has in its cache; without it as input.'),
  output: usdPerMillion.describe('USD a million tokens of output.'),
});

function providerSchema(name: string, baseUrl: string) {
  return z
    .strictObject({
      api_key: z
        .string()
        .regex(/^[\x21-\x7e]+$/, 'a key: one word without spaces')
        .optional()
        .describe('Key of the provider. The agent never sees it: it is added to its requests on their way out.')
        .meta({ writeOnly: true }),
      base_url: z
        .url({ protocol: /^https?$/ })
        .default(baseUrl)
        .describe('Address of the API; a path in it is kept.'),
    })
    .prefault({})
    .describe(`The API of ${name}.`);
}

const modelsSchema = z
  .strictObject({
    anthropic: providerSchema('Anthropic', 'https://api.anthropic.com'),
    openai: providerSchema('OpenAI', 'https://api.openai.com'),
    gemini: providerSchema('Gemini', 'https://generativelanguage.googleapis.com'),
    prices: z
      .record(z.string().min(1), priceSchema)
      .default({})
      .describe(
        'Prices by the name of the model (`*` is any text), before the built-in ones; the longest name that fits.',
      ),
    idle_timeout: duration('120s').describe('A model that says nothing for so long has failed.'),
  })
  .prefault({})
  .describe('The model providers that agents reach, with whose keys and at what prices.');
export type ModelsConfig = z.infer<typeof modelsSchema>;

/** Settings of what stands between agents and everything else. */
export const gatewaySchema = z
  .strictObject({ redact: redactSchema.prefault({}), models: modelsSchema })
  .describe('What an agent can reach, and what it never sees.');

function isPattern(text: string): boolean {
  try {
    return !new RegExp(text).test('');
  } catch {
    return false;
  }
}
