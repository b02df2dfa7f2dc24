import { open, rename, rm } from 'node:fs/promises';
import type { ArtifactFile } from '../../domain/ports.ts';
import { readRegularFile } from './read-regular-file.ts';
import type { Workspace } from './workspace.ts';

const name = 'upload.json';
/** Evidence, logs and reports are bounded far below. */
const maxBytes = 256 * 1024 * 1024;

type WrittenFile = { readonly path: string; readonly contentType: string } & (
  { readonly text: string } | { readonly base64: string }
);

/** Keeps the artifacts of a run in its workspace, on disk when it resolves, to be stored later. @throws when it cannot */
export async function savePendingUpload(workspace: Workspace, files: readonly ArtifactFile[]): Promise<void> {
  const written = files.map(({ path, contentType, content }): WrittenFile => {
    if (typeof content === 'string') return { path, contentType, text: content };
    return { path, contentType, base64: content.toString('base64') };
  });
  const file = workspace.path(name);
  const fresh = `${file}.new`;
  await Promise.all([file, fresh].map((path) => rm(path, { recursive: true, force: true })));
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify({ files: written }));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}

/** What was kept in this workspace; null when it is not there or is no such file. */
export async function readPendingUpload(workspace: string): Promise<readonly ArtifactFile[] | null> {
  const file = await readRegularFile(workspace, name, maxBytes);
  if (file.kind !== 'read') return null;
  try {
    const { files } = JSON.parse(file.content.toString('utf8')) as { files: readonly WrittenFile[] };
    return files.map((one) => {
      const content = 'text' in one ? one.text : Buffer.from(one.base64, 'base64');
      return { path: one.path, contentType: one.contentType, content };
    });
  } catch {
    return null;
  }
}

export async function removePendingUpload(workspace: string): Promise<void> {
  await rm(`${workspace}/${name}`, { force: true });
}
