import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty directory that goes when the test ends. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nightcrier-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A new empty directory that the caller removes. */
export function newTempDir(): { readonly dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'nightcrier-test-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
