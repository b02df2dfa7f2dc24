import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { DiscoveredCluster } from './config.ts';

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

/**
 * The folder of kubeconfigs that were made of Secrets (0700, each file 0600, replaced whole), with the list of what was
 * found: after a restart the clusters are there before anybody was asked.
 */
export class DiscoveredFiles {
  readonly #folder: string;
  readonly #index: string;

  constructor(dataDir: string) {
    this.#folder = path.join(dataDir, 'discovered');
    this.#index = path.join(this.#folder, 'index.json');
  }

  /** What an earlier process found; nothing when it found nothing, or the list cannot be read. */
  recall(): DiscoveredCluster[] {
    try {
      const listed = indexSchema.parse(JSON.parse(readFileSync(this.#index, 'utf8')));
      return listed.map((one) => ({ ...one, kubeconfig: path.join(this.#folder, path.basename(one.kubeconfig)) }));
    } catch {
      return [];
    }
  }

  /** Where the kubeconfig of a Secret is kept. Names come from a cluster, so the file has a digest of them. */
  fileOf(source: string, namespace: string, secret: string): string {
    const digest = createHash('sha256')
      .update(JSON.stringify([source, namespace, secret]))
      .digest('hex');
    return path.join(this.#folder, `${digest.slice(0, 32)}.kubeconfig`);
  }

  /** True when the file says something else than before. @throws Error when it cannot be written */
  write(file: string, text: string): boolean {
    if (read(file) === text) return false;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    replace(file, text);
    return true;
  }

  /** @throws Error when it cannot be written */
  remember(clusters: readonly DiscoveredCluster[]): void {
    const text = `${JSON.stringify(clusters, null, 2)}\n`;
    if (read(this.#index) === text || (clusters.length === 0 && read(this.#index) === null)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    replace(this.#index, text);
  }

  /** Deletes the kubeconfigs that nobody uses. */
  keepOnly(files: ReadonlySet<string>): void {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return;
    }
    for (const name of names) {
      const file = path.join(this.#folder, name);
      if (file !== this.#index && !files.has(file)) rmSync(file, { force: true });
    }
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Whole or not at all, for whoever reads it meanwhile. */
function replace(file: string, text: string): void {
  const next = `${file}.new`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, file);
}
