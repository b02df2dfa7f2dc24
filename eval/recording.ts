import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { parse } from 'yaml';
import type { Entity } from '../src/domain/verdict.ts';

/** `scenario.yaml`: the truth about a recording. */
export interface Truth {
  readonly id: string;
  readonly title: string;
  readonly recorded_at: string;
  readonly is_fault: boolean;
  readonly focus: Entity;
  readonly trigger: {
    readonly faultType: string;
    readonly severity: 'info' | 'warning' | 'critical';
    readonly resource: { apiVersion: string; kind: string; name: string; namespace: string | null; uid: string };
    readonly context: string;
  } | null;
  readonly root_cause: (Entity & { mechanism: string; wrong_value: string | null; statement: string }) | null;
  readonly correct_answer?: string;
  readonly also_accept: readonly (Entity & { mechanism?: string })[];
  readonly victims: readonly Entity[];
  readonly forbidden_claims: readonly (Entity | string)[];
  readonly must_mention: readonly string[];
  readonly difficulty: string;
  readonly category: string;
  readonly injection: boolean;
}

/** A recorded cluster: the truth and the files of the dump by their path (`cluster/api/v1/pods.json`, `logs/…`). */
export interface Recording {
  readonly truth: Truth;
  readonly files: ReadonlyMap<string, string>;
}

/** The recordings of a directory, each a folder or a packed file (`ID.json.br`), by id. */
export function loadRecordings(dir: string): Recording[] {
  return readdirSync(dir)
    .sort()
    .flatMap((name) => {
      const path = join(dir, name);
      if (name.endsWith('.json.br')) return [unpack(readFileSync(path))];
      return statSync(path).isDirectory() ? [openFolder(path)] : [];
    });
}

export function unpack(packed: Buffer): Recording {
  const files = new Map(Object.entries(JSON.parse(brotliDecompressSync(packed).toString('utf8')) as object));
  return { truth: parse(String(files.get('scenario.yaml'))) as Truth, files: files as Map<string, string> };
}

export function openFolder(path: string): Recording {
  const files = new Map<string, string>();
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    files.set(relative(path, full).replaceAll('\\', '/'), readFileSync(full, 'utf8'));
  }
  return { truth: parse(files.get('scenario.yaml') ?? '') as Truth, files };
}
