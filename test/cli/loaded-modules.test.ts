import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { kubeconfigText, minimal } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

const root = path.join(import.meta.dirname, '..', '..');
const main = path.join(root, 'src', 'main.ts');

/** Writes every package that the process loaded to standard error, as one line of JSON. */
const listing = `
import { registerHooks } from 'node:module';
const packages = new Set();
registerHooks({
  load(url, context, next) {
    const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});
process.on('exit', () => process.stderr.write('\\n@packages ' + JSON.stringify([...packages].sort()) + '\\n'));
`;

/** The packages that a command line loads, in a process of its own. */
function packagesOf(...argv: string[]): string[] {
  const cwd = tempDir({
    'nightcrier.yaml': minimal('notify: {slack: {bot_token: x, channel: "#x"}}'),
    'k.yaml': kubeconfigText(),
    'listing.mjs': listing,
  });
  const hook = pathToFileURL(path.join(cwd, 'listing.mjs')).href;
  const { stderr, status } = spawnSync(process.execPath, ['--import', hook, main, ...argv], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return JSON.parse(/^@packages (.*)$/m.exec(stderr)?.[1] ?? 'null') as string[];
}

test.each([['version'], ['--version'], ['--help'], ['run', '--help'], ['completion', 'bash']])(
  'OPS-4: %s %s loads the command line alone',
  (...argv) => {
    expect(packagesOf(...argv.filter((one) => one !== undefined))).toEqual(['commander']);
  },
);

test('OPS-4: a command that reads the configuration loads what reads it, and nothing of the daemon', () => {
  const reading = ['commander', 'fastest-levenshtein', 'yaml', 'zod'];
  expect(packagesOf('validate')).toEqual(reading);
  expect(packagesOf('schema')).toEqual(['commander', 'zod']);
  expect(packagesOf('init', '--config', 'a.yaml')).toEqual(['commander']);
  expect(packagesOf('init', '--config', 'b.yaml', '--from-kubeconfig', 'k.yaml')).toEqual(['commander', 'yaml']);
});
