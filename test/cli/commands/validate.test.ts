import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { cli } from '../../support/cli-run.ts';
import { kubeconfigText, minimal } from '../../support/config-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = (text: string): string => tempDir({ 'nightcrier.yaml': text, 'k.yaml': kubeconfigText() });

test('OPS-4: a valid file is said to be, with what it holds', async () => {
  const { code, out, err } = await cli(['validate'], { cwd: dir(minimal()) });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toBe('nightcrier.yaml is valid: 1 cluster, 1 with triage, agent builtin, messages to console\n');
});

test('CFG-2 OPS-4: every error goes to stderr, exit 2', async () => {
  const { code, out, err } = await cli(['validate'], { cwd: dir(minimal('foo: 1', 'health: {port: x}')) });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('unknown key "foo"');
  expect(err).toContain('2 errors in the configuration');
  expect(err).not.toContain('    at ');
});

test('CFG-3 OPS-4: --print gives the effective values as YAML without secrets', async () => {
  const cwd = dir(minimal('health: {token: "${T}"}'));
  const { code, out } = await cli(['validate', '--print'], { cwd, env: { T: 'canary-1' } });
  expect(code).toBe(0);
  expect(out).not.toContain('canary');
  expect(parse(out)).toMatchObject({ health: { port: 8080, token: '<from env T>' }, sweep: { interval: '5m' } });
  const json = await cli(['validate', '--print', '-o', 'json'], { cwd, env: { T: 'canary-1' } });
  expect(JSON.parse(json.out)).toEqual(parse(out));
});

test('UX-20: -o json gives each error with its code and place', async () => {
  const { code, out } = await cli(['validate', '-o', 'json'], { cwd: dir(minimal('foo: 1')) });
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({
    valid: false,
    errors: [{ code: 'NC-CONFIG-006', path: 'foo', file: 'nightcrier.yaml', line: 7, column: 1 }],
  });
  const good = await cli(['validate', '-o', 'json'], { cwd: dir(minimal()) });
  expect(JSON.parse(good.out)).toMatchObject({ valid: true, errors: [], warnings: [] });
});

test('CFG-5: a warning does not fail', async () => {
  const { code, err } = await cli(['validate'], { cwd: dir(minimal()), env: { NIGHTCRIER_FOO: '1' } });
  expect(code).toBe(0);
  expect(err).toContain('warning: environment variable NIGHTCRIER_FOO is no setting and is ignored');
});

test('CFG-5: --config and --log-level work before and after the command', async () => {
  const cwd = tempDir({ 'a.yaml': minimal(), 'k.yaml': kubeconfigText() });
  for (const argv of [
    ['--config', 'a.yaml', 'validate', '--log-level', 'debug', '--print'],
    ['validate', '--print', '--config', 'a.yaml', '--log-level', 'debug'],
  ]) {
    expect((await cli(argv, { cwd })).out).toContain('level: debug');
  }
});
