import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ProblemError } from '../../src/lib/problem.ts';
import { lockDataDir } from '../../src/storage/sqlite/data-dir-lock.ts';
import { tempDir } from '../support/temp-dir.ts';

const holder = fileURLToPath(new URL('./lock-holder.ts', import.meta.url));

test('OPS-9: the second process on a data directory is told the pid of the first, and a killed one leaves no lock', async () => {
  const dir = tempDir();
  const child = spawn(process.execPath, [holder, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  let refused: unknown;
  try {
    lockDataDir(dir);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(ProblemError);
  expect(refused).toMatchObject({ code: 'NC-STORE-005', fix: expect.stringContaining(`process ${child.pid}`) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDataDir(dir).release();
});

test('OPS-9: a released lock can be taken again, in the same process too', () => {
  const dir = tempDir();
  const first = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(`process ${process.pid}`);
  first.release();
  lockDataDir(dir).release();
});

test('OPS-9: a directory that does not exist is a clear error', () => {
  expect(() => lockDataDir(`${tempDir()}/absent`)).toThrow(/cannot be opened/);
});
