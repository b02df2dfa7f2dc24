import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sessionKey } from '../../../src/app/http/session-key.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'nightcrier-key-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

test('OPS-3: the key of logins is kept for the next start, for nobody else', async () => {
  const dir = await folder();
  const key = await sessionKey(dir);
  expect(key).toHaveLength(32);
  expect(Buffer.from(await sessionKey(dir)).equals(key)).toBe(true);
  expect((await stat(path.join(dir, 'session.key'))).mode & 0o777).toBe(0o600);
  expect(Buffer.from(await sessionKey(await folder())).equals(key)).toBe(false);
});

test('a key that is cut off is none, and one that cannot be kept holds until the end', async () => {
  const dir = await folder();
  await writeFile(path.join(dir, 'session.key'), 'short');
  const key = await sessionKey(dir);
  expect(key).toHaveLength(32);
  expect(await readFile(path.join(dir, 'session.key'))).toHaveLength(32);
  expect(await sessionKey(path.join(dir, 'not there'))).toHaveLength(32);
});
