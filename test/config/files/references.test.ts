import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReferenceSources, resolveReferences } from '../../../src/config/files/references.ts';
import { loadText, minimal, refusal } from '../../support/config-dir.ts';

const sources = (env: Record<string, string>, files: Record<string, string> = {}): ReferenceSources => ({
  env,
  readFile: (name) => {
    const text = files[name];
    if (text === undefined) throw new Error('does not exist');
    return text;
  },
});

describe('one scalar', () => {
  const env = { A: 'one', EMPTY: '', DOLLAR: '$1${A}' };
  const table: [written: string, read: string][] = [
    ['${A}', 'one'],
    ['x-${A}-${A}-y', 'x-one-one-y'],
    ['${EMPTY}', ''],
    ['${NONE:-}', ''],
    ['${NONE:-fall back: {x}', 'fall back: {x'],
    ['${EMPTY:-other}', 'other'],
    ['${A:-other}', 'one'],
    ['${A:?needed}', 'one'],
    ['$${A}', '${A}'],
    ['$$${A}', '$${A}'],
    ['$A $ {A} $', '$A $ {A} $'],
    ['${DOLLAR}', '$1${A}'],
    ['${file:/run/x}', 'from file'],
    ['Bearer ${file:rel}', 'Bearer two\nlines'],
  ];
  test.each(table)('CFG-3 UX-6: %s is %j', (written, read) => {
    const resolved = resolveReferences(written, sources(env, { '/run/x': 'from file\n', rel: 'two\nlines\r\n' }));
    expect(resolved.problems).toEqual([]);
    expect(resolved.text).toBe(read);
  });

  const broken: [written: string, message: string][] = [
    ['${NONE}', 'environment variable NONE is not set'],
    ['${NONE:?ask the admin}', 'NONE is not set: ask the admin'],
    ['${EMPTY:?}', 'EMPTY is not set: it is required'],
    ['${A', 'a reference begins with ${ and has no }'],
    ['${}', '"${}" is not a reference'],
    ['${1A}', '"${1A}" is not a reference'],
    ['${A-b}', '"${A-b}" is not a reference'],
    ['${A:-${B}}', '"${A:-${B}" is not a reference'],
    ['${file:}', '"${file:}" names no file'],
    ['${file:/gone}', 'file /gone cannot be read: does not exist'],
  ];
  test.each(broken)('CFG-3 UX-6: %s is an error: %s', (written, message) => {
    const { problems } = resolveReferences(written, sources(env));
    expect(problems.map((problem) => problem.message)).toEqual([message]);
  });

  test('UX-7: what came from outside is shown by its source, and files and secret-sounding variables are secrets', () => {
    const resolved = resolveReferences(
      'http://${HOST}/${MY_TOKEN}/${file:f}',
      sources({ HOST: 'h', MY_TOKEN: 't-1' }, { f: 'f-1' }),
    );
    expect(resolved.display).toBe('http://<from env HOST>/<from env MY_TOKEN>/<from file f>');
    expect(resolved.secrets).toEqual(['t-1', 'f-1']);
    expect(resolveReferences('$${A}', sources({})).display).toBeNull();
  });

  test('UX-6: text without ${ comes back as it is, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('${')),
        (text) => resolveReferences(text, sources({})).text === text,
      ),
    );
  });
});

describe('in a file', () => {
  const hostile = [
    'x\nadmin: {open: true}',
    'a: b',
    '# comment',
    '{a: 1}',
    '[1, 2]',
    '*alias',
    '!!js/function x',
    '"',
    "'",
    '- a',
  ];
  test.each(hostile)('CFG-3 UX-6: a value of %j stays one text and adds no key', (value) => {
    const { config } = loadText(minimal('health:', '  token: ${VALUE}', '  host: "${VALUE}"', '  port: 1'), {
      env: { VALUE: value },
    });
    expect(config.health).toEqual({ host: value, token: value, port: 1 });
    expect(config).not.toHaveProperty('admin');
  });

  test('UX-6: any value of a variable gives the same shape of configuration', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (value) => {
        const { config } = loadText(minimal('health: {host: "${V}"}', 'agent: {env: {A: "a${V}"}}'), {
          env: { V: value },
        });
        expect(config.health.host).toBe(value);
        expect(config.agent.env).toEqual({ A: `a${value}` });
      }),
      { numRuns: 50 },
    );
  });

  test('UX-6: a plain reference alone is typed, one in quotes or with text around it is a text', () => {
    const env = { PORT: '9000', FLAG: 'true' };
    const typed = minimal('health:', '  port: ${PORT}', 'permissions:', '  require_read_only: ${FLAG}');
    expect(loadText(typed, { env }).config.health.port).toBe(9000);
    expect(loadText(typed, { env }).config.permissions.require_read_only).toBe(true);
    expect(loadText(minimal('health: {host: "${PORT}"}'), { env }).config.health.host).toBe('9000');
    expect(loadText(minimal('health:', '  host: ${PORT}'), { env }).config.health.host).toBe('9000');
    expect(refusal(minimal('health: {port: "${PORT}"}'), { env }).message).toContain('a reference in quotes is a text');
  });

  test('CFG-3 UX-6: a reference to a file is relative to the configuration, and a missing one is named with its place', () => {
    const text = minimal('health:', '  token: ${file:secret.txt}');
    expect(loadText(text, { files: { 'secret.txt': 'abc\n' } }).config.health.token).toBe('abc');
    const [problem] = refusal(text).problems;
    expect(problem).toMatchObject({ code: 'NC-CONFIG-011', path: 'health.token', line: 8, column: 10 });
    expect(problem?.message).toContain('file secret.txt cannot be read: does not exist');
  });

  test('UX-6: an unquoted reference inside { } is one error with the hint to quote it', () => {
    const { problems } = refusal('clusters: []\nhealth: { port: ${PORT}, host: ${HOST} }\n', { env: { PORT: '1' } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'NC-CONFIG-003', line: 2, fix: 'quote the reference: "${PORT}"' });
  });
});
