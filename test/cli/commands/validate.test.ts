import fs from 'node:fs';
import path from 'node:path';
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

test('OPS-4: it says where messages go', async () => {
  const notify = `notify: {pagerduty: {routing_key: ${'R'.repeat(32)}}, teams: {webhook_url: "https://x.example/w"}}`;
  const { out } = await cli(['validate'], { cwd: dir(minimal(notify)) });
  expect(out).toContain('messages to PagerDuty, Teams\n');
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
  expect(parse(out)).toMatchObject({ health: { port: 8080, token: '<from env T>' }, sweep: { interval: '1m' } });
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

test('OPS-4: checks the file that is named, or what is piped in, and says which', async () => {
  const cwd = tempDir({ 'sub/a.yaml': minimal(), 'sub/k.yaml': kubeconfigText(), 'k.yaml': kubeconfigText() });
  expect((await cli(['validate', 'sub/a.yaml'], { cwd })).out).toMatch(/^sub\/a\.yaml is valid: 1 cluster/);
  const piped = await cli(['validate', '-'], { cwd, input: minimal() });
  expect(piped).toMatchObject({ code: 0, err: '' });
  expect(piped.out).toMatch(/^standard input is valid: 1 cluster/);
  const wrong = await cli(['validate', '-'], { cwd, input: minimal('foo: 1') });
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('error: <stdin>:7:1: unknown key "foo"');
  expect((await cli(['validate', '-'], { cwd })).err).toContain('the file is empty');
  expect(await cli(['validate', 'gone.yaml'], { cwd })).toMatchObject({ code: 2, out: '' });
});

test('CFG-2: several clusters with one server are told, with the contexts that it must have', async () => {
  const server = 'mcp: {endpoint: "http://mcp.example/mcp"}';
  const cluster = (name: string) => `  - {name: ${name}, ${server}, triage: {kubeconfig: k.yaml, context: ${name}}}`;
  const text = ['clusters:', cluster('a'), cluster('b'), cluster('c'), ''].join('\n');
  const cwd = tempDir({ 'nightcrier.yaml': text, 'k.yaml': kubeconfigText('a', 'b', 'c') });
  const { code, err } = await cli(['validate'], { cwd });
  expect(code).toBe(0);
  expect(err).toMatch(
    /^warning: nightcrier\.yaml:3:\d+: clusters\[1\] has the server "http:\/\/mcp\.example\/mcp" of clusters\[0\]\n/,
  );
  expect(err.match(/warning/g)).toHaveLength(1);
});

test('CFG-2: a value that is a comment is told as one, in a warning or in the error that follows from it', async () => {
  const quiet = await cli(['validate'], {
    cwd: dir(minimal('    overrides:', '      slack_channel: #payments', 'health: # the port', '  token: #geheim')),
  });
  expect(quiet.code).toBe(0);
  expect(quiet.err).toContain(
    'nightcrier.yaml:8:7: clusters[0].overrides.slack_channel is not set: YAML takes #payments for a comment\n' +
      '    fix: put it in quotes: slack_channel: "#payments"\n',
  );
  expect(quiet.err).not.toContain('geheim');
  expect(quiet.err.match(/warning: /g)).toHaveLength(2);
});

test('CFG-3: secrets that stand in a file which every user can read are told, references are not', async () => {
  const text = minimal('notify: {slack: {bot_token: xoxb-inline, channel: "#x"}}', 'health: {token: "${T}"}');
  const cwd = dir(text);
  fs.chmodSync(path.join(cwd, 'nightcrier.yaml'), 0o644);
  const env = { T: 'x' };
  const { code, err } = await cli(['validate'], { cwd, env });
  expect(code).toBe(0);
  expect(err).toMatch(
    /^warning: \S+\/nightcrier\.yaml has the mode 0644 and holds notify\.slack\.bot_token\n {4}fix: chmod 600 /,
  );
  expect(err).not.toContain('xoxb');
  const json = await cli(['validate', '-o', 'json'], { cwd, env });
  expect(JSON.parse(json.out)).toMatchObject({
    valid: true,
    warnings: [{ code: expect.stringMatching(/^NC-CONFIG-/) }],
  });
  fs.chmodSync(path.join(cwd, 'nightcrier.yaml'), 0o640);
  expect((await cli(['validate'], { cwd, env })).err).toBe('');
});

test('OPS-4: what is to be done is a command that exists where it is read', async () => {
  const cwd = tempDir();
  const env = { npm_lifecycle_event: 'nightcrier' };
  const { err } = await cli(['validate'], { cwd, env });
  expect(err).toContain('run "npm run nightcrier -- init"');
});
