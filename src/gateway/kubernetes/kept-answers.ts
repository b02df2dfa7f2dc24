import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvidenceFile } from '../../domain/ports.ts';
import type { Asked } from './decide.ts';

const limits = { files: 300, fileBytes: 256 * 1024, totalBytes: 4 * 1024 * 1024 };

/**
 * What the cluster answered an agent during its run, redacted: what the agent says can be held against it. Bounded; what
 * does not fit is left out, never an earlier one. The copies on disk are for people.
 */
export class KeptAnswers {
  readonly #workspace: string;
  readonly #files: EvidenceFile[] = [];
  #bytes = 0;
  #written: Promise<unknown> = Promise.resolve();

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  get files(): readonly EvidenceFile[] {
    return this.#files;
  }

  /** How much of another answer could be kept, bytes; 0 when nothing more is. */
  get room(): number {
    if (this.#files.length >= limits.files) return 0;
    return Math.min(limits.fileBytes, limits.totalBytes - this.#bytes);
  }

  /** `text` is cut at `room`. */
  add(asked: Asked, extension: 'json' | 'log' | 'txt', text: string): void {
    this.#keep(
      [asked.verb, asked.resource, asked.subresource, asked.namespace ?? '', asked.name ?? ''],
      extension,
      text,
    );
  }

  /** What a tool answered about the cluster; cut at `room`. */
  addTool(tool: string, text: string): void {
    this.#keep(['tool', tool], 'txt', text);
  }

  #keep(words: readonly string[], extension: string, text: string): void {
    const kept = text.slice(0, this.room);
    if (kept === '') return;
    const number = String(this.#files.length + 1).padStart(3, '0');
    const name = words.flatMap((word) => (word === '' ? [] : [word.replace(/[^A-Za-z0-9.]+/g, '-').slice(0, 60)]));
    const file = { path: `evidence/agent/${number}-${name.join('-')}.${extension}`, text: kept };
    this.#bytes += kept.length;
    this.#files.push(file);
    this.#written = this.#written.then(() => this.#write(file)).catch(() => {});
  }

  async flush(): Promise<void> {
    await this.#written;
  }

  async #write({ path, text }: EvidenceFile): Promise<void> {
    const file = join(this.#workspace, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  }
}

/** A `Table` of the API as kubectl prints it, null for anything else. */
export function tableText(answer: unknown): string | null {
  const table = answer as { kind?: unknown; columnDefinitions?: { name?: unknown }[]; rows?: { cells?: unknown[] }[] };
  if (table?.kind !== 'Table' || !Array.isArray(table.columnDefinitions) || !Array.isArray(table.rows)) return null;
  const head = table.columnDefinitions.map(({ name }) => String(name).toUpperCase());
  const rows = table.rows.map(({ cells }) => (cells ?? []).map((cell) => String(cell)));
  return `${[head, ...rows].map((cells) => cells.join('   ')).join('\n')}\n`;
}
