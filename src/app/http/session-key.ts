import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const bytes = 32;

/**
 * The key that signs logins, kept in `data_dir` so that people stay signed in when the daemon starts anew; one that cannot
 * be kept holds until then.
 */
export async function sessionKey(dataDir: string): Promise<Uint8Array> {
  const file = path.join(dataDir, 'session.key');
  const kept = await readFile(file).catch(() => null);
  if (kept?.length === bytes) return kept;
  const made = randomBytes(bytes);
  await writeFile(file, made, { mode: 0o600 }).catch(() => {});
  return made;
}
