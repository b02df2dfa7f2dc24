import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../lib/files/replace-file.ts';
import { errorText } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import type { DiscoveredCluster } from './config.ts';
import { hasCommand } from './secret-kubeconfig.ts';

const indexSchema = z.array(
  z.object({
    source: z.string(),
    name: z.string(),
    namespace: z.string(),
    secret: z.string(),
    labels: z.record(z.string(), z.string()),
    kubeconfig: z.string(),
  }),
);

/** What an earlier process found. */
interface Recalled {
  readonly clusters: readonly DiscoveredCluster[];
  /** Why it is not known what was found; null when it is. */
  readonly lost: string | null;
}

/**
 * The folder of kubeconfigs that were made of Secrets (0700, each file 0600, replaced whole), with the list of what was
 * found: after a restart the clusters are there before anybody was asked.
 */
export class DiscoveredFiles {
  readonly #folder: string;
  readonly #index: string;
  /** Whether a kept kubeconfig runs a command, as far as somebody asked. */
  readonly #commands = new Map<string, boolean>();

  constructor(dataDir: string) {
    this.#folder = path.join(dataDir, 'discovered');
    this.#index = path.join(this.#folder, 'index.json');
  }

  /** What an earlier process found; a list that cannot be read is not the same as none. */
  recall(): Recalled {
    try {
      const listed = indexSchema.parse(JSON.parse(readFileSync(this.#index, 'utf8')));
      const kept = (one: DiscoveredCluster): string => path.join(this.#folder, path.basename(one.kubeconfig));
      return { clusters: listed.map((one) => ({ ...one, kubeconfig: kept(one) })), lost: null };
    } catch (error) {
      const isNone = (error as NodeJS.ErrnoException).code === 'ENOENT' && this.#names().length === 0;
      return { clusters: [], lost: isNone ? null : `${this.#index}: ${oneLine(errorText(error), 200)}` };
    }
  }

  /** Where the kubeconfig of a Secret is kept. Names come from a cluster, so the file has a digest of them. */
  fileOf(origin: string, namespace: string, secret: string): string {
    const digest = createHash('sha256')
      .update(JSON.stringify([origin, namespace, secret]))
      .digest('hex');
    return path.join(this.#folder, `${digest.slice(0, 32)}.kubeconfig`);
  }

  /** True when the file says something else than before. Rejects when it cannot be written. */
  async write(file: string, text: string): Promise<boolean> {
    if (read(file) === text) return false;
    this.#makeFolder();
    await replaceFile(file, text);
    this.#commands.delete(file);
    return true;
  }

  /** Whether who uses a kept kubeconfig runs a command. */
  runsCommand(file: string): boolean {
    const known = this.#commands.get(file);
    if (known !== undefined) return known;
    const text = read(file);
    if (text === null) return false;
    const runs = hasCommand(text);
    this.#commands.set(file, runs);
    return runs;
  }

  /** The list is on the disk when it returns, and with it the names of all files. @throws Error when it cannot be written */
  remember(clusters: readonly DiscoveredCluster[]): void {
    const text = `${JSON.stringify(clusters, null, 2)}\n`;
    if (read(this.#index) === text || (clusters.length === 0 && !existsSync(this.#index))) return;
    this.#makeFolder();
    const next = `${this.#index}.new`;
    writeFileSync(next, text, { mode: 0o600, flush: true });
    renameSync(next, this.#index);
    syncFolder(this.#folder);
  }

  /** Deletes the kubeconfigs that nobody uses. */
  keepOnly(files: ReadonlySet<string>): void {
    for (const name of this.#names()) {
      const file = path.join(this.#folder, name);
      if (file === this.#index || files.has(file)) continue;
      rmSync(file, { force: true });
      this.#commands.delete(file);
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #makeFolder(): void {
    const made = mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncFolder(path.dirname(made));
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** What was renamed in a folder stays so when the power fails. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
