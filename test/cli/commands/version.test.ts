import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../../support/cli-run.ts';

const packageFile = path.resolve(import.meta.dirname, '../../../package.json');
const { version } = JSON.parse(fs.readFileSync(packageFile, 'utf8')) as { version: string };

test('OPS-4: version names the program, its version and what it runs on, in one line', async () => {
  const { code, out, err } = await cli(['version'], { cwd: '/' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toBe(`nightcrier ${version} (Node ${process.versions.node}, ${process.platform} ${process.arch})\n`);
});

test('UX-20: -o json gives the same as data', async () => {
  const { out } = await cli(['version', '-o', 'json'], { cwd: '/' });
  expect(JSON.parse(out)).toEqual({
    version,
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
  });
});

test('OPS-4: --version is the bare number, before any command', async () => {
  expect(await cli(['--version'], { cwd: '/' })).toEqual({ code: 0, out: `${version}\n`, err: '' });
});
