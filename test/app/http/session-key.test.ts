import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endedSessions, sessionKey } from '../../../src/app/http/session-key.ts';
import { waitUntil } from '../../support/wait-until.ts';

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
  expect(await readdir(dir)).toEqual(['session.key']);
  expect(await sessionKey(path.join(dir, 'not there'))).toHaveLength(32);
});

test('OPS-3: a login that was ended stays so at the next start, as long as it could hold', async () => {
  const dir = await folder();
  const file = path.join(dir, 'session.ended');
  let now = 1000;
  const clock = { now: () => now };
  const ended = await endedSessions(dir, clock);
  ended.add('a', 2000);
  ended.add('b', 3000);
  expect([ended.has('a'), ended.has('b'), ended.has('c')]).toEqual([true, true, false]);
  await waitUntil(async () => (await readFile(file, 'utf8').catch(() => '')).includes('"b"'), 'the file');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const next = await endedSessions(dir, clock);
  expect([next.has('a'), next.has('b'), next.has('c')]).toEqual([true, true, false]);
  now = 2500;
  next.add('c', 4000);
  expect([next.has('a'), next.has('b'), next.has('c')]).toEqual([false, true, true]);
  for (let at = 0; at < 1000; at += 1) next.add(`d${at}`, 5000 + at);
  expect([next.has('c'), next.has('d0'), next.has('d999')]).toEqual([false, true, true]);
  await waitUntil(async () => (await readFile(file, 'utf8')).includes('"d999"'), 'the last');
  expect(await readdir(dir)).toEqual(['session.ended']);
});

test('a list of ended logins that is damaged, or cannot be kept, is no reason to fail', async () => {
  const dir = await folder();
  for (const text of ['{', '[1]', '{"a":"x"}', 'null']) {
    await writeFile(path.join(dir, 'session.ended'), text);
    expect((await endedSessions(dir, { now: () => 0 })).has('a')).toBe(false);
  }
  const nowhere = await endedSessions(path.join(dir, 'not there'), { now: () => 0 });
  nowhere.add('a', 1);
  expect(nowhere.has('a')).toBe(true);
});
