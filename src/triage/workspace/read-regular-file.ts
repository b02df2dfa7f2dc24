import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type RegularFile =
  | { readonly kind: 'read'; readonly content: Buffer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not_regular' }
  | { readonly kind: 'too_large'; readonly size: number };

/**
 * Reads a file that an agent may have written: never through a symbolic link (of the file or of a folder on the way),
 * never a pipe, device or second name of another file, and never more than `maxBytes`; the size is looked at before
 * anything is read.
 */
export async function readRegularFile(root: string, relative: string, maxBytes: number): Promise<RegularFile> {
  const file = join(root, relative);
  try {
    const folder = dirname(file);
    if ((await realpath(folder)) !== join(await realpath(root), dirname(relative))) return { kind: 'not_regular' };
    // Without O_NONBLOCK the opening of a pipe would wait for its writer.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.nlink !== 1) return { kind: 'not_regular' };
      if (stat.size > maxBytes) return { kind: 'too_large', size: stat.size };
      const buffer = Buffer.alloc(stat.size);
      const { bytesRead } = await handle.read(buffer, 0, stat.size, 0);
      return { kind: 'read', content: buffer.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { kind: code === 'ENOENT' ? 'missing' : 'not_regular' };
  }
}
