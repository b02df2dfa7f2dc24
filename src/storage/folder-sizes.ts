import { lstat, opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';

/** A folder two levels below a root: `<root>/<outer>/<inner>`. */
export interface SizedFolder {
  readonly outer: string;
  readonly inner: string;
  readonly path: string;
  /** What it takes on the disk with all that is in it. */
  readonly bytes: number;
}

/** A folder that was walked. */
interface Walked {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly bytes: number;
  /** Monotonic. */
  readonly atMs: number;
}

const hourMs = 3_600_000;
/** No run writes for so long: a folder that was made before is settled. */
const settledMs = 24 * hourMs;
/** When a folder is walked again that shows no change: a change further down does not show. */
const walkAgainMs = { young: hourMs, settled: 24 * hourMs };
/** Of one folder; what is beyond is not counted. */
const maxEntries = 100_000;
/** What `st_blocks` counts in, whatever the file system. */
const blockBytes = 512;

/**
 * The sizes of the folders two levels below a root, cheaply: each is walked when it is new or was changed, once an hour
 * while it is young, once a day later, and remembered meanwhile. One file is looked at at a time; links are counted, never followed; what
 * cannot be read counts as nothing.
 */
export class FolderSizes {
  readonly #clock: Clock;
  #walked: Map<string, Walked> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All of them as they are now, in no order. @throws the signal's reason when it is aborted */
  async measure(root: string, signal: AbortSignal): Promise<SizedFolder[]> {
    const walked = new Map<string, Walked>();
    const folders: SizedFolder[] = [];
    for (const outer of await subfolders(root)) {
      for (const inner of await subfolders(join(root, outer))) {
        signal.throwIfAborted();
        const path = join(root, outer, inner);
        const size = await this.#sizeOf(path, signal);
        if (size === null) continue;
        walked.set(path, size);
        folders.push({ outer, inner, path, bytes: size.bytes });
      }
    }
    this.#walked = walked;
    return folders;
  }

  /** It is walked at the next measuring. */
  forget({ path }: SizedFolder): void {
    this.#walked.delete(path);
  }

  async #sizeOf(path: string, signal: AbortSignal): Promise<Walked | null> {
    const stat = await lstat(path).catch(() => null);
    if (stat === null) return null;
    const { ino, mtimeMs } = stat;
    const atMs = this.#clock.monotonic();
    const known = this.#walked.get(path);
    if (known?.ino === ino && known.mtimeMs === mtimeMs) {
      const age = this.#clock.now() - mtimeMs > settledMs ? 'settled' : 'young';
      if (atMs - known.atMs < walkAgainMs[age]) return known;
    }
    return { ino, mtimeMs, atMs, bytes: stat.blocks * blockBytes + (await bytesBelow(path, signal)) };
  }
}

async function bytesBelow(folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  let entries = 0;
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const dir = await opendir(next).catch(() => null);
    if (dir === null) continue;
    for await (const entry of dir) {
      signal.throwIfAborted();
      if (++entries > maxEntries) return bytes;
      const path = join(next, entry.name);
      const stat = await lstat(path).catch(() => null);
      bytes += (stat?.blocks ?? 0) * blockBytes;
      if (stat?.isDirectory() === true) waiting.push(path);
    }
  }
  return bytes;
}

async function subfolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
