import { randomBytes } from 'node:crypto';
import { access, chmod, constants, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import pLimit from 'p-limit';
import type { StoredFileName } from '../../domain/history.ts';
import type { ArtifactFile, ArtifactStore, StoredArtifacts, StoredFile } from '../../domain/ports.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import { indexOf, relativeHref } from './index-page.ts';
import { byPath, safeName, safePath } from './safe-path.ts';
import { once } from '../../lib/work/once.ts';
import { Turns } from '../../lib/work/turns.ts';

const oldPrefix = '.old-';
const newPrefix = '.new-';

/**
 * Artifacts as files under `root`, 0700 and 0600. A report is written beside the one before and takes its place by
 * renaming, so that there is always a whole one; what a crash left half done is undone or finished at the next use.
 * `put` rejects with ProblemError NC-STORE-007 when it cannot be written; nothing is changed then.
 */
export function createFilesystemArtifacts(root: string): ArtifactStore {
  return new FilesystemArtifacts(resolve(root));
}

/**
 * One stored file below `root`, null when it is not there. Nothing is mended first: for a process beside the one that
 * stores.
 */
export async function readStoredFile(
  root: string,
  { cluster, incidentId, path }: StoredFileName,
): Promise<Buffer | null> {
  try {
    return await readFile(join(folderOf(root, cluster, incidentId), safePath(path)));
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

function folderOf(root: string, cluster: string, incidentId: string): string {
  return join(root, safeName(cluster), safeName(incidentId));
}

class FilesystemArtifacts implements ArtifactStore {
  readonly #root: string;
  /** One change of names at a time; writing the files goes on side by side. */
  readonly #renaming = pLimit(1);
  /** What comes later for an incident is what counts. */
  readonly #turns = new Turns();
  /** What an earlier process left half done, once. */
  readonly #recover = once(() => recoverAll(this.#root));

  constructor(root: string) {
    this.#root = root;
  }

  async put(
    cluster: string,
    incidentId: string,
    files: readonly ArtifactFile[],
    signal: AbortSignal,
  ): Promise<StoredArtifacts> {
    const target = this.#folder(cluster, incidentId);
    return this.#turns.take(target, () => this.#put(target, { cluster, incidentId }, files, signal));
  }

  async #put(
    target: string,
    { cluster, incidentId }: { readonly cluster: string; readonly incidentId: string },
    files: readonly ArtifactFile[],
    signal: AbortSignal,
  ): Promise<StoredArtifacts> {
    const fresh = join(dirname(target), `${newPrefix}${safeName(incidentId)}-${randomBytes(6).toString('hex')}`);
    try {
      await this.#recover();
      await writeFolder(fresh, withIndex(cluster, incidentId, files), signal);
      await this.#renaming(() => replaceFolder(fresh, target));
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      if (signal.aborted) throw error;
      throw new ProblemError(storeProblems.artifacts, `artifacts of ${incidentId} not stored: ${errorText(error)}`, {
        cause: error,
      });
    }
    const hasReport = files.some((file) => file.path === 'investigation.html');
    const index = join(target, 'index.html');
    return { index, report: hasReport ? join(target, 'investigation.html') : index };
  }

  async get(cluster: string, incidentId: string, path: string): Promise<Buffer | null> {
    await this.#recover();
    return readStoredFile(this.#root, { cluster, incidentId, path });
  }

  async list(cluster: string, incidentId: string): Promise<readonly StoredFile[]> {
    await this.#recover();
    const folder = this.#folder(cluster, incidentId);
    try {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const limit = pLimit(8);
      const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
      const listed = files.map((file) =>
        limit(async () => ({ path: pathIn(folder, file), bytes: (await stat(file)).size })),
      );
      return (await Promise.all(listed)).filter(({ path }) => path !== 'index.html').toSorted(byPath);
    } catch (error) {
      // Also when a newer report takes its place meanwhile: then there is nothing for a moment.
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  async remove(cluster: string, incidentId: string): Promise<void> {
    await this.#recover();
    await rm(this.#folder(cluster, incidentId), { recursive: true, force: true });
  }

  async check(): Promise<void> {
    try {
      await this.#recover();
      await access(this.#root, constants.W_OK);
    } catch (error) {
      throw new ProblemError(storeProblems.artifacts, `artifacts cannot be stored: ${errorText(error)}`, {
        cause: error,
      });
    }
  }

  /** The path that was written down when the report was stored; where it is now, when the folder was moved since. */
  async link(report: string): Promise<string> {
    const moved = join(this.#root, ...report.split(sep).slice(-3));
    return moved !== report && !(await exists(report)) && (await exists(moved)) ? moved : report;
  }

  #folder(cluster: string, incidentId: string): string {
    return folderOf(this.#root, cluster, incidentId);
  }
}

function pathIn(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/');
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

interface FileToWrite {
  readonly path: string;
  readonly content: string | Buffer;
}

function withIndex(cluster: string, incidentId: string, files: readonly ArtifactFile[]): FileToWrite[] {
  const kept = files.filter((file) => file.path !== 'index.html');
  const index = { path: 'index.html', content: indexOf(cluster, incidentId, kept, relativeHref) };
  return [...kept.map(({ path, content }) => ({ path: safePath(path), content })), index];
}

/** Writes all files, each on disk before the folder takes its name. */
async function writeFolder(folder: string, files: readonly FileToWrite[], signal: AbortSignal): Promise<void> {
  const limit = pLimit(8);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const directory of new Set(files.map((file) => dirname(join(folder, file.path))))) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  const written = await Promise.allSettled(
    files.map((file) =>
      limit(async () => {
        signal.throwIfAborted();
        await writeDurably(join(folder, file.path), file.content);
      }),
    ),
  );
  const failed = written.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function writeDurably(path: string, content: string | Buffer): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function replaceFolder(fresh: string, target: string): Promise<void> {
  const name = target.slice(dirname(target).length + 1);
  const old = join(dirname(target), `${oldPrefix}${name}`);
  await rm(old, { recursive: true, force: true });
  const replaced = await renameIfThere(target, old);
  try {
    await rename(fresh, target);
  } catch (error) {
    if (replaced) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Puts back what was moved away when its successor never came, and removes what was never finished. */
async function recoverAll(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  await chmod(root, 0o700);
  for (const cluster of await readdir(root, { withFileTypes: true })) {
    if (!cluster.isDirectory()) continue;
    const folder = join(root, cluster.name);
    for (const name of await readdir(folder)) {
      if (name.startsWith(oldPrefix)) await recoverOld(folder, name);
      else if (name.startsWith(newPrefix)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function recoverOld(folder: string, name: string): Promise<void> {
  const target = join(folder, name.slice(oldPrefix.length));
  const there = await readdir(target).then(
    () => true,
    () => false,
  );
  if (there) await rm(join(folder, name), { recursive: true, force: true });
  else await rename(join(folder, name), target);
}

function isAbsent(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}
