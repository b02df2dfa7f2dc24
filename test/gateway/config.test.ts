import { expect, test } from 'vitest';
import { gatewaySchema } from '../../src/gateway/config.ts';

test('GAT-4: patterns are regular expressions that match something', () => {
  expect(gatewaySchema.parse({ redact: { patterns: ['INT-[0-9]+'] } }).redact.patterns).toEqual(['INT-[0-9]+']);
  for (const pattern of ['(', '', 'a*']) {
    const result = gatewaySchema.safeParse({ redact: { patterns: [pattern] } });
    expect(result.error?.issues[0]?.path).toEqual(['redact', 'patterns', 0]);
  }
});

test('GAT-3: models have keys, addresses, prices and a time without a word', () => {
  const { models } = gatewaySchema.parse({
    models: {
      anthropic: { api_key: 'sk-1', base_url: 'https://models.example/anthropic/' },
      prices: { 'house-*': { input: 1, output: 2 } },
    },
  });
  expect(models.anthropic).toEqual({ api_key: 'sk-1', base_url: 'https://models.example/anthropic/' });
  expect(models.openai).toEqual({ base_url: 'https://api.openai.com' });
  expect(models.gemini).toEqual({ base_url: 'https://generativelanguage.googleapis.com' });
  expect(models.prices).toEqual({ 'house-*': { input: 1, output: 2 } });
  expect(models.idle_timeout).toBe(120_000);
});

test.each([
  [{ openai: { api_key: 'a b' } }, ['models', 'openai', 'api_key']],
  [{ openai: { api_key: 'a\nb' } }, ['models', 'openai', 'api_key']],
  [{ openai: { base_url: 'ftp://models.example' } }, ['models', 'openai', 'base_url']],
  [{ openai: { base_url: 'https://models.example?a=b' } }, ['models', 'openai', 'base_url']],
  [{ openai: { base_url: 'models.example' } }, ['models', 'openai', 'base_url']],
  [{ mistral: { api_key: 'k' } }, ['models']],
  [{ prices: { m: { input: -1, output: 1 } } }, ['models', 'prices', 'm', 'input']],
  [{ prices: { m: { input: 1 } } }, ['models', 'prices', 'm', 'output']],
  [{ idle_timeout: 'soon' }, ['models', 'idle_timeout']],
])('GAT-3: the settings %j are refused where they are wrong', (models, path) => {
  expect(gatewaySchema.safeParse({ models }).error?.issues[0]?.path).toEqual(path);
});
