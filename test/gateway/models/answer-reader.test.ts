import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerReader } from '../../../src/gateway/models/answer-reader.ts';
import { anthropic as anthropicApi } from '../../../src/gateway/models/anthropic.ts';
import { gemini as geminiApi } from '../../../src/gateway/models/gemini.ts';
import { openai as openaiApi } from '../../../src/gateway/models/openai.ts';
import type { ChargedTokens, Provider } from '../../../src/gateway/models/provider.ts';
import { anthropic } from '../../support/models/anthropic.ts';
import { gemini } from '../../support/models/gemini.ts';
import type { Dialect } from '../../support/models/model-server.ts';
import { openai } from '../../support/models/openai.ts';

const figures = { fresh: 1000, cached: 500, written: 100, output: 77 };
const conversation = { model: 'some-model', hasTools: true, results: [] };
const text = 'A sentence of a model that has thought about it, ünïcödé too. '.repeat(20);

const rows: readonly (readonly [string, Provider, Dialect, number])[] = [
  ['anthropic', anthropicApi, anthropic, 100],
  ['openai', openaiApi, openai, 100],
  ['gemini', geminiApi, gemini, 0],
];

function read(provider: Provider, type: string, chunks: readonly Uint8Array[]): ChargedTokens {
  const reader = answerReader(type, provider);
  for (const chunk of chunks) reader.push(chunk);
  return reader.tokens(3000);
}

for (const [name, provider, dialect, written] of rows) {
  const events = dialect.events({ kind: 'say', text }, figures, conversation, 0);
  const whole = { input: 1600, cached: 500, written, writtenLong: 0, output: 77 };

  test(`TRI-8: the tokens of a stream of ${name}, however it is cut and its lines end`, () => {
    for (const stream of [events.join(''), events.join('').replaceAll('\n', '\r\n'), events.join('').trimEnd()]) {
      const bytes = Buffer.from(stream);
      expect(read(provider, 'text/event-stream; charset=utf-8', [bytes])).toEqual(whole);
      const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 });
      fc.assert(
        fc.property(cuts, (places) => {
          const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length];
          const chunks = sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
          expect(read(provider, 'text/event-stream', chunks)).toEqual(whole);
        }),
        { numRuns: 40 },
      );
    }
  });

  test(`TRI-8: the tokens of an answer of ${name} in one piece`, () => {
    const plain = dialect.plain('/', { kind: 'say', text }, figures, conversation);
    expect(read(provider, 'application/json', [Buffer.from(JSON.stringify(plain))])).toEqual(whole);
  });

  test(`TRI-8: a stream of ${name} that ends early is counted by what was sent and seen, never as nothing`, () => {
    for (let end = 0; end < events.length - 1; end += 1) {
      const { input, output } = read(provider, 'text/event-stream', [Buffer.from(events.slice(0, end).join(''))]);
      // Of the provider when it has said so (1,600), else from the length of the request.
      expect([1000, 1600]).toContain(input);
      expect(output).toBeLessThanOrEqual(text.length);
    }
    const almost = events.slice(0, -2);
    const seen = read(provider, 'text/event-stream', [Buffer.from(almost.join(''))]).output;
    // The last of the two chunks of Gemini is half of the text.
    expect(seen).toBeGreaterThanOrEqual(name === 'gemini' ? 0 : text.length / 4);
  });

  test(`TRI-8: no answer of ${name} can make the reader throw or count what is no number`, () => {
    const hostile = [
      '{',
      'null',
      '[]',
      '"x"',
      '{"type":"message_start","message":null}',
      '{"usage":{"input_tokens":-5}}',
    ];
    const numbers = ['"9"', '1e999', '-1', 'null', '{}', 'true', '0.5'];
    const holders = numbers.flatMap((bad) => [
      `{"type":"message_delta","usage":{"input_tokens":${bad},"output_tokens":${bad}}}`,
      `{"type":"response.completed","response":{"usage":{"input_tokens":${bad},"output_tokens":${bad}}}}`,
      `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":${bad}}}`,
    ]);
    for (const data of [...hostile, ...holders]) {
      for (const type of ['text/event-stream', 'application/json']) {
        const body = type === 'application/json' ? data : `data: ${data}\n\n`;
        const tokens = read(provider, type, [Buffer.from(body)]);
        expect(Object.values(tokens).every((count: number) => Number.isInteger(count) && count >= 0)).toBe(true);
      }
    }
  });
}

test('TRI-8: one event without end, and one answer without end, take bounded memory and are counted by length', () => {
  const block = Buffer.from('x'.repeat(1024 * 1024));
  for (const type of ['text/event-stream', 'application/json']) {
    const reader = answerReader(type, anthropicApi);
    reader.push(Buffer.from('data: {"type":"message_start","filler":"'));
    for (let mebibytes = 0; mebibytes < 40; mebibytes += 1) reader.push(block);
    expect(reader.tokens(3000)).toEqual({ input: 1000, cached: 0, written: 0, writtenLong: 0, output: 0 });
  }
});

test('TRI-8: what was written to the cache for an hour is told apart; a part cannot be more than the whole', () => {
  const usage = {
    input_tokens: 10,
    cache_read_input_tokens: 20,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_1h_input_tokens: 12 },
    output_tokens: 5,
  };
  const answer = (more: object): Buffer =>
    Buffer.from(JSON.stringify({ type: 'message', usage: { ...usage, ...more } }));
  expect(read(anthropicApi, 'application/json', [answer({})])).toEqual({
    input: 60,
    cached: 20,
    written: 18,
    writtenLong: 12,
    output: 5,
  });
  const wrong = read(anthropicApi, 'application/json', [answer({ cache_creation: { ephemeral_1h_input_tokens: 99 } })]);
  expect(wrong).toMatchObject({ input: 60, written: 0, writtenLong: 30 });
  const cached = { usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 99 }, output_tokens: 1 } };
  const response = Buffer.from(JSON.stringify({ object: 'response', ...cached }));
  expect(read(openaiApi, 'application/json', [response])).toMatchObject({ input: 10, cached: 10 });
});

test('TRI-8: what a compaction used is counted: it stands in the iterations alone', () => {
  const one = { input_tokens: 100, cache_read_input_tokens: 30, output_tokens: 5 };
  const iterations = [
    { type: 'compaction', ...one, input_tokens: 1000, cache_creation_input_tokens: 7, output_tokens: 50 },
    { type: 'message', ...one },
  ];
  const summed = { input: 1167, cached: 60, written: 7, writtenLong: 0, output: 55 };
  const whole = { type: 'message', usage: { ...one, iterations } };
  expect(read(anthropicApi, 'application/json', [Buffer.from(JSON.stringify(whole))])).toEqual(summed);
  const start = { type: 'message_start', message: { usage: one } };
  const events = [start, { type: 'message_delta', usage: { ...one, iterations } }];
  const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  expect(read(anthropicApi, 'text/event-stream', [Buffer.from(stream)])).toEqual(summed);
  const none = { type: 'message', usage: { ...one, iterations: [] } };
  expect(read(anthropicApi, 'application/json', [Buffer.from(JSON.stringify(none))])).toMatchObject({ input: 130 });
});
