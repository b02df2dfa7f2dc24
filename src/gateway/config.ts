import { z } from 'zod';
import { duration, size } from '../lib/quantity.ts';

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
        .regex(/^[^?#]*$/, 'an address without ? and #')
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

const kubernetesSchema = z
  .strictObject({
    secrets: z
      .enum(['redact', 'deny', 'allow'])
      .default('redact')
      .describe(
        'Secrets as agents see them: their keys without values, not at all, or whole (where a cluster allows it).',
      ),
    max_response: size('16Mi').describe('Largest answer that is read whole, and largest event of a watch.'),
    max_concurrent: z.int().min(1).max(256).default(16).describe('Requests of a run at the same time; more wait.'),
    max_requests: z.int().min(0).default(5000).describe('Requests of a run in all; 0: no limit.'),
    watch_timeout: duration('60s').describe('A watch, and a log that is followed, ends after this time.'),
  })
  .prefault({})
  .describe('How agents read their cluster.');

/** Settings of what stands between agents and everything else. */
export const gatewaySchema = z
  .strictObject({ kubernetes: kubernetesSchema, models: modelsSchema, redact: redactSchema.prefault({}) })
  .describe('What an agent can reach, and what it never sees.');

export type GatewayConfig = z.infer<typeof gatewaySchema>;

function isPattern(text: string): boolean {
  try {
    return !new RegExp(text).test('');
  } catch {
    return false;
  }
}
