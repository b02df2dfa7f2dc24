import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { fileReason } from './files.ts';

/** Larger than any file that is read: of what has grown beyond it the beginning is compared. */
const maxCompared = 11 * 1024 * 1024;

/**
 * Everything that a configuration was made of: the files that were read, also those that were not there, and the patterns
 * with the names that they had. Tells whether any of it says something else now.
 */
export class ConfigInputs {
  readonly #files = new Map<string, string>();
  readonly #patterns = new Map<string, string>();

  /** The content of a file, or why it could not be read; the path is absolute. */
  note(file: string, read: Buffer | string): void {
    this.#files.set(file, typeof read === 'string' ? `- ${read}` : digest(read));
  }

  /** The files that an absolute pattern (`*`, `**`, `?`) names, sorted. */
  glob(pattern: string): string[] {
    const names = globSync(pattern).sort();
    this.#patterns.set(pattern, digest(Buffer.from(names.join('\n'))));
    return names;
  }

  /** The same, to which more can be added. */
  copy(): ConfigInputs {
    const copy = new ConfigInputs();
    for (const [file, content] of this.#files) copy.#files.set(file, content);
    for (const [pattern, names] of this.#patterns) copy.#patterns.set(pattern, names);
    return copy;
  }

  /** Absolute paths, in the order in which they were read. */
  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  get patterns(): readonly string[] {
    return [...this.#patterns.keys()];
  }

  /** The same for the same content. */
  get hash(): string {
    return digest(Buffer.from(JSON.stringify([[...this.#files], [...this.#patterns]])));
  }

  /** The digest of one file as it was read, null when it was not. */
  digestOf(file: string): string | null {
    return this.#files.get(file) ?? null;
  }

  /** Reads everything again: whether it is as it was. Never rejects. */
  async isCurrent(): Promise<boolean> {
    for (const pattern of this.#patterns.keys()) {
      const before = this.#patterns.get(pattern);
      if (digest(Buffer.from(globSync(pattern).sort().join('\n'))) !== before) return false;
    }
    for (const [file, before] of this.#files) {
      const now = await contentOf(file);
      if (now !== null && now !== before) return false;
    }
    return true;
  }
}

/** The content of a file in the form in which it is kept; null for what can be read only once (a pipe). */
async function contentOf(file: string): Promise<string | null> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) return '- is a directory';
    if (!found.isFile()) return null;
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(Math.min(found.size + 1, maxCompared));
      let length = 0;
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        ({ bytesRead: read } = await handle.read(buffer, length, buffer.length - length, length));
      }
      return digest(buffer.subarray(0, length));
    } finally {
      await handle.close();
    }
  } catch (error) {
    return `- ${fileReason(error)}`;
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
