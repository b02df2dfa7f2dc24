import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasEndlessText, redactBody } from '../../../src/gateway/models/redact-body.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

const secret = 'kX9-cluster-token-4711';
const redactor = () => createRedactor({ secrets: [secret] });
const large = 10 * 1024 * 1024;

test('GAT-4: a large body is searched part by part with the same result as at once', async () => {
  const long = `a line of a log with ${secret} in it\n`.repeat(3000);
  const body = {
    model: 'some-model',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: long },
          { type: 'text', text: 'short' },
        ],
      },
      {
        role: 'user',
        content: long,
        env: [
          { name: 'DB_PASSWORD', value: 'hunter2hunter2' },
          { name: 'A', value: long },
        ],
      },
    ],
    input: { password: 'y7Q'.repeat(30_000), args: ['--token', 'abcdefgh1234', long] },
    numbers: [1, null, true],
  };
  const pieces = await redactBody(body, large, redactor());
  expect(pieces).toEqual(redactor().value(body));
  expect(JSON.stringify(pieces)).not.toMatch(/kX9|hunter2|y7Qy7Q|abcdefgh1234/);
});

test('GAT-4: any body keeps its form, and nothing of it is lost', async () => {
  const none = createRedactor();
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (generated) => {
      const body = JSON.parse(JSON.stringify(generated)) as Record<string, unknown>;
      expect(JSON.stringify(await redactBody(body, large, none))).toBe(JSON.stringify(none.value(body)));
    }),
  );
});

test('GAT-4: a body of great depth ends', async () => {
  const deep = JSON.parse(`{"a":${'[{"b":'.repeat(2000)}"${secret}"${'}]'.repeat(2000)}}`) as Record<string, unknown>;
  expect(JSON.stringify(await redactBody(deep, large, redactor()))).not.toContain(secret);
});

test('GAT-3: a large body is searched with pauses, in which others have their turn', async () => {
  const messages = Array.from({ length: 60 }, () => ({ content: 'password=aaaaaaaa '.repeat(6000) }));
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  try {
    await redactBody({ messages }, large, redactor());
  } finally {
    clearInterval(others);
  }
  expect(turns).toBeGreaterThan(5);
});

test.each([
  ['a long text', { a: [{ b: 'two words '.repeat(300_000) }] }, true],
  ['a long picture', { source: { data: 'QUJD'.repeat(1_000_000) } }, false],
  ['a long picture as an address', { image_url: `data:image/png;base64,${'QUJD'.repeat(1_000_000)}` }, false],
  ['many texts', { messages: Array.from({ length: 100 }, () => 'two words '.repeat(10_000)) }, false],
])('GAT-3: %s is more than a CLI sends: %#', async (_what, body, endless) => {
  expect(await hasEndlessText(body)).toBe(endless);
});
