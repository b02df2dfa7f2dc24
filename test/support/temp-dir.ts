import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A new directory with these files in it, which goes when the test ends. */
export function tempDir(files: Readonly<Record<string, string>> = {}): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return dir;
}

/** A new empty directory that the caller removes. */
export function newTempDir(): { readonly dir: string; remove: () => void } {
  const dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-test-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
