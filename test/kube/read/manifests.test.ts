import { expect, test } from 'vitest';
import { parseManifests } from '../../../src/kube/read/manifests.ts';

const never = new AbortController().signal;

async function parsed(text: string): Promise<unknown[]> {
  const { documents, problem } = await parseManifests(text, never);
  expect(problem).toBeNull();
  return documents.map(({ value, line }) => [line, value]);
}

test.each([
  ['one', 'a: 1\n', [[1, { a: 1 }]]],
  ['JSON', '{"a": [1]}', [[1, { a: [1] }]]],
  [
    'two, and Windows line ends',
    'a: 1\r\n---\r\nb: 2\r\n',
    [
      [1, { a: 1 }],
      [2, { b: 2 }],
    ],
  ],
  ['empty ones', '---\n# nothing\n---\n---\na: 1\n---\n', [[4, { a: 1 }]]],
  ['marks inside a text', 'a: |\n  x\n  ---\n  y\nb: "---"\n', [[1, { a: 'x\n---\ny\n', b: '---' }]]],
  [
    'a word on the line of the mark',
    '--- {a: 1}\n--- x\n',
    [
      [1, { a: 1 }],
      [2, 'x'],
    ],
  ],
  [
    'directives',
    '%YAML 1.2\n# why\n---\na: yes\n---\nb: 1\n',
    [
      [1, { a: 'yes' }],
      [5, { b: 1 }],
    ],
  ],
  [
    'the end of a document',
    'a: 1\n...\n---\nb: 1\n',
    [
      [1, { a: 1 }],
      [3, { b: 1 }],
    ],
  ],
  ['anchors and merges', 'x: &a {b: 1}\ny:\n  <<: *a\n  c: 2\n', [[1, { x: { b: 1 }, y: { b: 1, c: 2 } }]]],
  ['nothing', '', []],
  ['a byte order mark', '\ufeffa: 1', [[1, { a: 1 }]]],
])('%s', async (_case, text, expected) => {
  expect(await parsed(text)).toEqual(expected);
});

test.each([
  ['a: 1\n---\nb: 2\nb: 3\n', 4, 'Map keys must be unique'],
  ['a: 1\n---\nb: [1,\n', 4, 'Flow sequence'],
  ['a: "x\n---\nb"\n', 2, 'quote'],
  ['a: *nobody\n', 1, 'nobody'],
])('%j is told with its line in the whole', async (text, line, words) => {
  const { problem } = await parseManifests(text, never);
  expect(problem?.line).toBe(line);
  expect(problem?.message).toContain(words);
});

test('what stands before the broken document is given', async () => {
  expect(await parseManifests('a: 1\n---\n[\n', never)).toMatchObject({
    documents: [{ value: { a: 1 } }],
    problem: { line: 4 },
  });
});

test('texts that multiply themselves, or are deeper than the stack, are refused', async () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let at = 1; at < 10; at += 1)
    bomb.push(`a${at}: &a${at} [${Array.from({ length: 10 }, () => `*a${at - 1}`).join(',')}]`);
  expect((await parseManifests(bomb.join('\n'), never)).problem).not.toBeNull();
  expect((await parseManifests('['.repeat(100_000), never)).problem).not.toBeNull();
  expect((await parseManifests(`${'[{"a":'.repeat(2000)}1`, never)).problem).not.toBeNull();
});

test('no key reaches the prototype', async () => {
  await parsed('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n');
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('a signal ends it between documents', async () => {
  const control = new AbortController();
  const text = Array.from({ length: 2000 }, (_, at) => `a${at}: [1, 2, 3, {b: c, d: e}]\nf: "text ${at}"\n`).join(
    '---\n',
  );
  const parsing = parseManifests(text, control.signal);
  control.abort(new Error('given up'));
  await expect(parsing).rejects.toThrow('given up');
});
