import { chmod, lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The folder of one run: directories 0700, files 0600. */
export interface Workspace {
  readonly dir: string;
  /** Absolute path of a file of the workspace. */
  path(relative: string): string;
  /** Writes a file whole or not at all. */
  write(relative: string, content: string | Buffer): Promise<void>;
  /** Puts what the agent left in `output/` aside as `rejected/`, when it is small; makes an empty `output/`. */
  clearOutput(): Promise<void>;
}

const folders = ['output', 'evidence', 'logs'];

/**
 * Makes the workspace of a run. A run that is taken up again after a crash finds its logs, an empty `output/` and
 * `evidence/`, and nothing else that an earlier attempt may have put there, least of all a kubeconfig.
 * @throws when the folder cannot be made, or an id is no safe name.
 */
export async function openWorkspace(root: string, incidentId: string, runId: string): Promise<Workspace> {
  const dir = workspaceDir(root, incidentId, runId);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const workspace = workspaceAt(dir);
  await Promise.all(
    ['output', 'rejected', 'evidence', 'home', 'tmp', 'kubeconfig', 'system.md', 'prompt.md', 'repair.md'].map((name) =>
      remove(join(dir, name)),
    ),
  );
  const logs = await lstat(join(dir, 'logs')).catch(() => null);
  if (logs !== null && !logs.isDirectory()) await remove(join(dir, 'logs'));
  for (const name of folders) await mkdir(join(dir, name), { recursive: true, mode: 0o700 });
  return workspace;
}

/** `<root>/<incident>/<run>`. @throws on an id that is no safe name. */
export function workspaceDir(root: string, incidentId: string, runId: string): string {
  for (const id of [incidentId, runId]) {
    if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) throw new Error(`not a safe id: ${JSON.stringify(id)}`);
  }
  return join(root, incidentId, runId);
}

/** Stands in for a workspace that could not be made: every write rejects, so that the run answers from memory. */
export function unusableWorkspace(root: string, reason: string): Workspace {
  const reject = (): Promise<never> => Promise.reject(new Error(`no workspace: ${reason}`));
  const dir = join(root, '.unusable');
  return { dir, path: (relative) => join(dir, relative), write: reject, clearOutput: reject };
}

function workspaceAt(dir: string): Workspace {
  let writes = 0;
  return {
    dir,
    path: (relative) => join(dir, relative),
    async write(relative, content) {
      const file = join(dir, relative);
      const folder = dirname(file);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      writes += 1;
      const temporary = join(folder, `.tmp-${process.pid}-${writes}-${basename(file).slice(0, 40)}`);
      try {
        await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw error;
      }
    },
    async clearOutput() {
      const output = join(dir, 'output');
      await remove(join(dir, 'rejected'));
      if (await isSmall(output)) await rename(output, join(dir, 'rejected')).catch(() => remove(output));
      else await remove(output);
      await mkdir(output, { recursive: true, mode: 0o700 });
    },
  };
}

/** At most 100 entries and 4 MiB, looked at without following links. */
async function isSmall(dir: string): Promise<boolean> {
  const names = await readdir(dir, { recursive: true }).catch(() => null);
  if (names === null || names.length > 100) return false;
  const stats = await Promise.all(names.map((name) => lstat(join(dir, name)).catch(() => null)));
  return stats.reduce((sum, stat) => sum + (stat?.size ?? 0), 0) <= 4 * 1024 * 1024;
}

/** Removes a file, a folder or a link (never what the link shows to). */
function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 2 });
}

/**
 * Deletes workspaces of runs that were last touched before `olderThan` (ms since the epoch), except those in `keep`
 * (run ids). Resolves to the number of runs that went.
 */
export async function pruneWorkspaces(root: string, olderThan: number, keep: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const incident of await subfolders(root)) {
    for (const run of await subfolders(join(root, incident))) {
      const dir = join(root, incident, run);
      const stat = await lstat(dir).catch(() => null);
      if (stat === null || stat.mtimeMs >= olderThan || keep.has(run)) continue;
      const gone = await remove(dir).then(
        () => true,
        () => false,
      );
      if (gone) removed += 1;
    }
    // Fails, as it should, while a run is left.
    await rmdir(join(root, incident)).catch(() => {});
  }
  return removed;
}

async function subfolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
