import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Puts `content` in the place of a file that its owner alone may read: who reads it finds the old or the new as a whole,
 * also after a crash. @throws Error why it cannot be written: the file is as before then
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const next = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeFile(next, content, { mode: 0o600, flag: 'wx', flush: true });
    await rename(next, file);
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
}
