import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { removeOldDemos } from '../../../src/app/commands/old-demos.ts';
import { lockDataDir } from '../../../src/storage/sqlite/data-dir-lock.ts';
import { tempDir } from '../../support/temp-dir.ts';

const hour = 3_600_000;

/** A folder as a demo leaves it, so old. */
function demo(below: string, name: string, now: number, ageMs: number): string {
  const dir = path.join(below, name);
  mkdirSync(path.join(dir, 'artifacts'), { recursive: true });
  const at = (now - ageMs) / 1000;
  for (const file of ['nightcrier.db', 'nightcrier.yaml', 'artifacts/x']) {
    writeFileSync(path.join(dir, file), 'x');
    utimesSync(path.join(dir, file), at, at);
  }
  utimesSync(dir, at, at);
  return dir;
}

test('OPS-4: what earlier demos left is removed, a recent one and all else stays', () => {
  const now = Date.now();
  const below = tempDir();
  const old = [
    demo(below, 'nightcrier-demo-aaaaaa', now, 2 * hour),
    demo(below, 'nightcrier-demo-B0b0b0', now, 99 * hour),
  ];
  const kept = [
    demo(below, 'nightcrier-demo-cccccc', now, hour / 2),
    demo(below, 'nightcrier-demo-cccccc-mine', now, 2 * hour),
    demo(below, 'other', now, 2 * hour),
  ];
  const empty = path.join(below, 'nightcrier-demo-dddddd');
  mkdirSync(empty);
  utimesSync(empty, 0, 0);
  expect(removeOldDemos(below, now)).toBe(2);
  expect(old.filter((dir) => existsSync(dir))).toEqual([]);
  expect([...kept, empty].filter((dir) => !existsSync(dir))).toEqual([]);
});

test('OPS-4: a demo that goes on stays, however long it has been silent', () => {
  const now = Date.now();
  const below = tempDir();
  const running = demo(below, 'nightcrier-demo-aaaaaa', now, 2 * hour);
  const lock = lockDataDir(running);
  const long = now + 9 * hour;
  expect(removeOldDemos(below, long)).toBe(0);
  lock.release();
  expect(removeOldDemos(below, long)).toBe(1);
});

test('OPS-4: a link with the name of a demo leads nowhere', () => {
  const below = tempDir();
  const target = demo(tempDir(), 'nightcrier-demo-aaaaaa', Date.now(), 2 * hour);
  symlinkSync(target, path.join(below, 'nightcrier-demo-bbbbbb'));
  expect(removeOldDemos(below, Date.now() + hour)).toBe(0);
  expect(existsSync(path.join(target, 'nightcrier.db'))).toBe(true);
  expect(removeOldDemos(path.join(below, 'gone'), Date.now())).toBe(0);
});
