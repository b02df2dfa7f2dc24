import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { configChecks } from '../../../src/checks/set/config-checks.ts';
import type { CheckWorld } from '../../../src/checks/world.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { tempDir } from '../../support/temp-dir.ts';

const clusters = 'clusters: [{name: a, mcp: {endpoint: "http://127.0.0.1:1/mcp"}, triage: {enabled: false}}]';

async function codes(id: string, lines: readonly string[], mode = 0o644): Promise<readonly string[]> {
  const dir = tempDir({ 'nightcrier.yaml': [clusters, ...lines, ''].join('\n'), secret: 'from-a-file\n' });
  const file = path.join(dir, 'nightcrier.yaml');
  chmodSync(file, mode);
  const env = { TOKEN: 'from-the-environment', NIGHTCRIER_HEALTH__TOKEN: process.env['NONE'] };
  const loaded = loadConfig({ file, env, cwd: dir });
  const check = configChecks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  const found = await check.run(
    { loaded, clusters: new Map() } as unknown as CheckWorld,
    '',
    new AbortController().signal,
  );
  return 'problems' in found ? found.problems.map(({ code }) => code) : [found.skipped];
}

describe('CFG-3, OPS-4: secrets in a file that others can read', () => {
  test.each<[string, string[], number, string[]]>([
    ['a token as it is', ['health: {token: abcdefgh}'], 0o644, ['NC-CONFIG-040']],
    ['the same for the owner alone', ['health: {token: abcdefgh}'], 0o600, []],
    ['the same for the group', ['health: {token: abcdefgh}'], 0o640, []],
    ['a reference to the environment', ['health: {token: "${TOKEN}"}'], 0o644, []],
    ['a reference to a file', ['health: {token: "${file:secret}"}'], 0o644, []],
    [
      'a default of a reference, which stands there',
      ['health: {token: "${NONE:-abcdefgh}"}'],
      0o644,
      ['NC-CONFIG-040'],
    ],
    ['no secret at all', [], 0o644, []],
    [
      'deep in a list',
      ['notify: {webhook: {url: "https://x.example/", secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}}'],
      0o604,
      ['NC-CONFIG-040'],
    ],
  ])('%s', async (_name, lines, mode, expected) => {
    expect(await codes('config.secrets', lines, mode)).toEqual(expected);
  });

  test('a value that the environment replaces does not count', async () => {
    const dir = tempDir({ 'nightcrier.yaml': `${clusters}\nhealth: {token: abcdefgh}\n` });
    const env = { NIGHTCRIER_HEALTH__TOKEN: 'other-token' };
    expect(loadConfig({ file: path.join(dir, 'nightcrier.yaml'), env, cwd: dir }).inlineSecrets).toEqual([]);
  });
});

describe('OPS-4: who reaches the HTTP server', () => {
  test.each<[string[], string[]]>([
    [[], []],
    [['health: {host: 0.0.0.0}'], ['NC-HEALTH-030']],
    [['health: {host: "::"}'], ['NC-HEALTH-030']],
    [['health: {host: 10.0.0.5}'], ['NC-HEALTH-030']],
    [['health: {host: 0.0.0.0, token: abcdefgh}'], []],
    [['health: {host: 127.0.0.9}'], []],
    [['health: {host: "::1"}'], []],
    [['health: {host: localhost}'], []],
    [['health: {host: 0.0.0.0, port: 0}'], []],
  ])('%j: %j', async (lines, expected) => {
    expect(await codes('config.access', lines)).toEqual(expected);
  });
});
