import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { defaultAgentScript, packageVersion } from '../../src/app/package-info.ts';

test('OPS-4: the version is the one of the package', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8');
  expect(packageVersion()).toBe((JSON.parse(text) as { version: string }).version);
});

test('TRI-3: the packaged agent script is there, and can be run', () => {
  expect(() => accessSync(defaultAgentScript, constants.X_OK)).not.toThrow();
});
