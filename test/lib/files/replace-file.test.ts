import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { replaceFile } from '../../../src/lib/files/replace-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('a file is made and replaced, for its owner alone, and nothing else is left', async () => {
  const folder = tempDir();
  const file = path.join(folder, 'kept');
  await replaceFile(file, 'one');
  expect(await readFile(file, 'utf8')).toBe('one');
  await chmod(file, 0o644);
  await replaceFile(file, new Uint8Array([1, 2, 3]));
  expect([...(await readFile(file))]).toEqual([1, 2, 3]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['kept']);
});

test('what cannot be written leaves all as it was', async () => {
  const folder = tempDir();
  const file = path.join(folder, 'kept');
  await mkdir(path.join(file, 'full'), { recursive: true });
  await expect(replaceFile(file, 'one')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(folder)).toEqual(['kept']);
  await expect(replaceFile(path.join(folder, 'not there', 'kept'), 'one')).rejects.toThrow('ENOENT');
});

test('who reads meanwhile never finds a part', async () => {
  const file = path.join(tempDir(), 'kept');
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(500_000));
  await replaceFile(file, texts[0]!);
  const reading = (async () => {
    const seen = new Set<string>();
    for (let reads = 0; reads < 50; reads += 1) seen.add(await readFile(file, 'utf8'));
    return seen;
  })();
  for (const text of texts) await replaceFile(file, text);
  await Promise.all(texts.map((text) => replaceFile(file, text)));
  expect([...(await reading)].filter((text) => !texts.includes(text))).toEqual([]);
  expect(texts).toContain(await readFile(file, 'utf8'));
});
