import { describe, expect, test } from 'vitest';
import { readYaml } from '../../src/config/read-yaml.ts';

const read = (text: string, env: Record<string, string> = {}) =>
  readYaml('f.yaml', text, {
    env,
    readFile: () => {
      throw new Error('does not exist');
    },
  });
const only = (text: string) => {
  const { problems } = read(text);
  expect(problems).toHaveLength(1);
  return problems[0];
};

describe('the data of a file', () => {
  test('CFG-4: nulls and empty texts are left out at every depth, in lists they stay', () => {
    expect(read('a: null\nb: {c: "", d: {e: ~}}\nl: [null, "", 0, false]\n').root).toEqual({
      b: { d: {} },
      l: [null, '', 0, false],
    });
  });

  test('CFG-1: scalars are those of YAML 1.2: no yes, no octal without 0o, no dates', () => {
    expect(read('a: yes\nb: 010\nc: 0o10\nd: 2026-11-20\ne: 1e3\nf: 0x1F\n').root).toEqual({
      a: 'yes',
      b: 10,
      c: 8,
      d: '2026-11-20',
      e: 1000,
      f: 31,
    });
  });

  test('CFG-1: keys are texts, whatever they look like', () => {
    expect(read('1: a\ntrue: b\nnull: c\n').root).toEqual({ '1': 'a', true: 'b', null: 'c' });
  });

  test('CFG-3: a reference is typed only where it stands alone and bare', () => {
    const env = { N: '5', T: 'true' };
    expect(read('a: ${N}\nb: "${N}"\nc: x${N}\nd: ${T}\ne: ${NO:-7}\n', env).root).toEqual({
      a: 5,
      b: '5',
      c: 'x5',
      d: true,
      e: 7,
    });
  });

  test('CFG-3: what a reference brings is one value: no key, no alias, no reference', () => {
    const env = { BAD: '1\nadmin: true', STAR: '*a', REF: '${N}', N: '5' };
    expect(read('a: &a {x: 1}\nb: ${BAD}\nc: ${STAR}\nd: ${REF}\n', env).root).toEqual({
      a: { x: 1 },
      b: '1\nadmin: true',
      c: '*a',
      d: '${N}',
    });
  });

  test('CFG-3 UX-7: each failed reference is told once, with its place; the rest is read', () => {
    const { root, problems, secrets } = read('a: "${X} ${Y}"\nhealth: {token: "${MY_TOKEN}"}\n', {
      MY_TOKEN: 's3cret',
    });
    expect(problems.map(({ code, path, line, column }) => `${code} ${path} ${line}:${column}`)).toEqual([
      'NC-CONFIG-009 a 1:4',
      'NC-CONFIG-009 a 1:4',
    ]);
    expect(root).toMatchObject({ health: { token: 's3cret' } });
    expect([...secrets]).toEqual(['s3cret']);
  });
});

describe('broken YAML', () => {
  const broken: [text: string, place: string, message: string][] = [
    ['a:\n  b: 1\n c: 2\n', '3:1', 'the indentation does not fit the lines above'],
    ['a: @b\n', '1:4', 'a value cannot begin with this character; quote it'],
    ['a: b: c\n', '1:4', 'a value with ": " in it must be quoted, or a key stands at the wrong indentation'],
    ['a: 1\na: 2\n', '2:1', 'the key stands here a second time'],
    ['a: "x\n', '1:6', 'a quote, bracket, comma or colon is missing'],
    ['a: {b: 1}}\n', '1:10', 'this cannot stand here'],
    ['a: 1\n---\nb: 1\n', '2:1', 'the file holds more than one document (---)'],
    ['a:\n\t- b\n', '2:1', 'a tab indents this line; YAML takes only spaces'],
    ['a\nb: 1\n', '1:1', 'a key must be on one line and be followed by ": "'],
  ];
  test.each(broken)('CFG-2: %j is told at %s', (text, place, message) => {
    const problem = only(text);
    expect(`${problem?.line}:${problem?.column} ${problem?.message}`).toBe(`${place} ${message}`);
    expect(problem?.code).toBe('NC-CONFIG-003');
  });

  test('CFG-3: when a bare reference is what broke it, the fix is to quote it', () => {
    expect(only('health: {token: ${TOKEN}}\n')?.fix).toBe('quote the reference: "${TOKEN}"');
    expect(only('l: [a, ${ONE}, b]\n')?.fix).toBe('quote the reference: "${ONE}"');
    expect(only('l: ["${ONE}", b\n')?.fix).toBe('correct the YAML at the marked place');
  });

  const secret = 'canary-77';
  const hidden: string[] = [
    `api_key: ${secret}: x\n`,
    `mcp: {token: ${secret}: x}\n`,
    `headers: {X-Plain: ${secret}: x}\n`,
    `headers:\n  X-Plain: ${secret}: x\n`,
    `agent:\n  env:\n    ONE: 1\n    TWO: ${secret}: x\n`,
    `password: "${secret}\n`,
    `webhook_url: https://h/${secret}: x\n`,
    `connection_string: a=${secret}: b\n`,
    `url: http://me:${secret}@h/: x\n`,
  ];
  test.each(hidden)('UX-7: %j shows no secret', (text) => {
    const problem = only(text);
    expect(problem?.excerpt).toBeTruthy();
    expect(JSON.stringify(problem)).not.toContain(secret);
  });

  test('UX-5: what is no secret is shown, to be found', () => {
    expect(only('name: my cluster: x\n')?.excerpt).toContain('name: my cluster: x');
  });

  test('CFG-2: an alias without its anchor has a place, hides what may be a secret, and the rest is read', () => {
    const { root, problems } = read('health: {token: *nope}\nlog: {level: info}\n');
    expect(problems.map(({ path, line, column }) => `${path} ${line}:${column}`)).toEqual(['health.token 1:17']);
    expect(problems[0]?.excerpt).not.toContain('nope');
    expect(root).toMatchObject({ log: { level: 'info' } });
  });
});
