import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FolderSizes } from '../../src/storage/folder-sizes.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempDir } from '../support/temp-dir.ts';

const hour = 3_600_000;
const MiB = 1024 * 1024;
const forever = new AbortController().signal;

/** Sizes below a root, in whole MiB by `outer/inner`; folders and names take less. */
function sizesBelow(root: string) {
  const clock = new ManualClock();
  const sizes = new FolderSizes(clock);
  const measure = async () => {
    const folders = await sizes.measure(root, forever);
    return Object.fromEntries(folders.map((one) => [`${one.outer}/${one.inner}`, Math.floor(one.bytes / MiB)]));
  };
  return { clock, sizes, measure };
}

/** A file of so many MiB that no file system makes smaller. */
function big(file: string, size = 1): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, randomBytes(size * MiB));
}

/** The folder was made so long before the clock's now. */
function made(folder: string, clock: ManualClock, agoMs: number): void {
  const at = (clock.now() - agoMs) / 1000;
  utimesSync(folder, at, at);
}

test('OPS-9: a folder counts with all that is below it, on disk: links are not followed, holes take nothing', async () => {
  const root = tempDir();
  const elsewhere = tempDir();
  big(path.join(elsewhere, 'deep/file'), 4);
  big(path.join(root, 'a/one/logs/file'), 2);
  big(path.join(root, 'a/two/file'));
  big(path.join(root, 'a/file'), 3);
  symlinkSync(path.join(elsewhere, 'deep/file'), path.join(root, 'a/one/file'));
  symlinkSync(elsewhere, path.join(root, 'a/one/logs/folder'));
  symlinkSync(elsewhere, path.join(root, 'a/three'));
  symlinkSync(elsewhere, path.join(root, 'b'));
  writeFileSync(path.join(root, 'a/two/hole'), '');
  truncateSync(path.join(root, 'a/two/hole'), 100 * MiB);
  expect(await sizesBelow(root).measure()).toEqual({ 'a/one': 2, 'a/two': 1 });
  expect(await sizesBelow(path.join(root, 'absent')).measure()).toEqual({});
});

test.each([
  ['young', 23 * hour, hour],
  ['settled', 25 * hour, 24 * hour],
])('OPS-9: a %s folder is remembered, and walked again in its time', async (_what, agoMs, againMs) => {
  const root = tempDir();
  const { clock, measure } = sizesBelow(root);
  big(path.join(root, 'a/one/logs/file'));
  made(path.join(root, 'a/one'), clock, agoMs);
  expect(await measure()).toEqual({ 'a/one': 1 });
  appendFileSync(path.join(root, 'a/one/logs/file'), randomBytes(MiB));
  await clock.advance(againMs - 1);
  expect(await measure()).toEqual({ 'a/one': 1 });
  await clock.advance(1);
  expect(await measure()).toEqual({ 'a/one': 2 });
});

test('OPS-9: what is changed, replaced, gone or to be forgotten shows at once', async () => {
  const root = tempDir();
  const { clock, sizes, measure } = sizesBelow(root);
  for (const name of ['changed', 'replaced', 'gone', 'forgotten']) {
    big(path.join(root, 'a', name, 'logs/file'));
    made(path.join(root, 'a', name), clock, 48 * hour);
  }
  await measure();
  big(path.join(root, 'a/changed/more'));
  big(path.join(root, 'a/new/file'), 3);
  made(path.join(root, 'a/new'), clock, 48 * hour);
  renameSync(path.join(root, 'a/replaced'), path.join(tempDir(), 'old'));
  renameSync(path.join(root, 'a/new'), path.join(root, 'a/replaced'));
  rmSync(path.join(root, 'a/gone'), { recursive: true });
  appendFileSync(path.join(root, 'a/forgotten/logs/file'), randomBytes(MiB));
  const folder = path.join(root, 'a/forgotten');
  sizes.forget({ outer: 'a', inner: 'forgotten', path: folder, bytes: 0 });
  expect(await measure()).toEqual({ 'a/changed': 2, 'a/replaced': 3, 'a/forgotten': 2 });
});

test('a measuring that is stopped ends with the reason', async () => {
  const root = tempDir({ 'a/one/file': 'x' });
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(new FolderSizes(new ManualClock()).measure(root, stopped)).rejects.toThrow('stopped');
});
