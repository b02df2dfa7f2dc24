import { type FSWatcher, lstatSync, readlinkSync, statSync, watch } from 'node:fs';
import path from 'node:path';
import type { Clock, Timer } from '../../lib/clock.ts';

export interface FileWatchOptions {
  readonly clock: Clock;
  /** Something happened to one of the files, or near it; told once things are quiet for a moment. */
  readonly onEvent: () => void;
  /** A folder cannot be watched: the system's limit is reached, or it is gone. */
  readonly failed: (folder: string, error: unknown) => void;
}

/** Until nothing more happens, ms: an editor writes in several steps. */
const quietMs = 200;
/** What goes on without end is told after so long, ms. */
const longestMs = 2000;
/** Folders that are watched; the rest is left to whoever compares contents. */
const maxFolders = 512;
const maxLinks = 40;

interface Watched {
  readonly watcher: FSWatcher;
  readonly identity: string;
  names: ReadonlySet<string> | null;
}

/**
 * Watches the folders of files, not the files: one that is replaced by a rename, or behind a symbolic link that is turned
 * (as Kubernetes does with `..data`), would be watched in vain. What is told is a hint: who is told compares contents.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #folders = new Map<string, Watched>();
  #timer: Timer | null = null;
  #since: number | null = null;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** These files are watched from now on, and everything in these folders. Absolute paths; what is not there may come. */
  use(files: Iterable<string>, folders: Iterable<string>): void {
    const wanted = new Map<string, Set<string> | null>();
    for (const file of files) {
      for (const [folder, name] of placesOf(file)) {
        const names = wanted.get(folder);
        if (names === undefined) wanted.set(folder, new Set([name]));
        else names?.add(name);
      }
    }
    for (const folder of folders) wanted.set(folder, null);
    for (const [folder, { watcher, identity }] of this.#folders) {
      if (wanted.has(folder) && identityOf(folder) === identity) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const [folder, names] of [...wanted].slice(0, maxFolders)) this.#watch(folder, names);
  }

  close(): void {
    this.use([], []);
    this.#timer?.cancel();
    this.#timer = null;
  }

  #watch(folder: string, names: ReadonlySet<string> | null): void {
    const known = this.#folders.get(folder);
    if (known !== undefined) {
      known.names = names;
      return;
    }
    const identity = identityOf(folder);
    if (identity === null) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        const wanted = this.#folders.get(folder)?.names;
        if (wanted === null || name === null || wanted?.has(name) === true) this.#happened();
      });
      watcher.on('error', (error) => {
        watcher.close();
        if (this.#folders.get(folder)?.watcher === watcher) this.#folders.delete(folder);
        this.#options.failed(folder, error);
      });
      this.#folders.set(folder, { watcher, identity, names });
    } catch (error) {
      this.#options.failed(folder, error);
    }
  }

  #happened(): void {
    const { clock, onEvent } = this.#options;
    const now = clock.monotonic();
    this.#since ??= now;
    this.#timer?.cancel();
    const ms = Math.max(0, Math.min(quietMs, this.#since + longestMs - now));
    this.#timer = clock.setTimer(() => {
      this.#timer = null;
      this.#since = null;
      onEvent();
    }, ms);
  }
}

/**
 * Where an entry has to change for a path to lead to another content: the file itself, its folder, and every symbolic link
 * on the way there. Of a path that ends nowhere: where its first missing part would come.
 */
function placesOf(file: string): [folder: string, name: string][] {
  const places: [string, string][] = [];
  const left = file.split(path.sep).filter((part) => part !== '');
  let folder = path.parse(file).root;
  for (let links = 0; ;) {
    const name = left.shift();
    if (name === undefined) return places;
    const at = path.join(folder, name);
    const kind = lstatSync(at, { throwIfNoEntry: false });
    if (kind === undefined || kind.isSymbolicLink() || left.length === 0) places.push([folder, name]);
    if (kind === undefined) return places;
    if (kind.isSymbolicLink()) {
      links += 1;
      if (links > maxLinks) return places;
      const target = readlinkSync(at);
      if (path.isAbsolute(target)) folder = path.parse(target).root;
      left.unshift(...target.split(path.sep).filter((part) => part !== ''));
      continue;
    }
    // The folder of the file may be replaced as a whole.
    if (left.length === 1) places.push([folder, name]);
    folder = at;
  }
}

function identityOf(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
