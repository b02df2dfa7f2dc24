import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type AuditLog, openAuditLog } from '../../gateway/audit.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { ToolRecord } from './record.ts';

export interface ToolAuditOptions {
  readonly folder: string;
  /** Begins with `mcp`; tells processes apart that share a folder. */
  readonly name: string;
  /** Files of days that are longer ago are removed, ms. */
  readonly keepMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The record of all calls: a file a day under `folder`, each a chain of its own (`nightcrier audit verify FILE`). A call that cannot be put on record is in the log, and reads go on.
 */
export class ToolAudit {
  readonly #options: ToolAuditOptions;
  #day = '';
  #part = 0;
  #open: AuditLog<ToolRecord> | null = null;
  #written: Promise<void> = Promise.resolve();

  constructor(options: ToolAuditOptions) {
    this.#options = options;
  }

  add(record: ToolRecord): void {
    this.#written = this.#writeAfter(this.#written, record);
  }

  /** Resolves when all so far is written, or is in the log instead. */
  async close(): Promise<void> {
    await this.#written;
    await this.#closeOpen();
  }

  async #writeAfter(before: Promise<void>, record: ToolRecord): Promise<void> {
    await before;
    try {
      const log = await this.#usable();
      log.add(record);
      await log.flush();
    } catch (error) {
      this.#options.log.error({ err: errorText(error), record }, 'a call is not on record');
    }
  }

  /** The file of today; one that cannot be written any more is opened again, and goes on where it ends. */
  async #usable(): Promise<AuditLog<ToolRecord>> {
    const day = new Date(this.#options.clock.now()).toISOString().slice(0, 10);
    if (this.#open !== null && day === this.#day && !this.#open.full) return this.#open;
    await this.#closeOpen();
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (day !== this.#day) {
      this.#day = day;
      this.#part = 0;
      await this.#removeOld();
    }
    for (;;) {
      const log = await openAuditLog<ToolRecord>(path.join(folder, this.#fileName()));
      if (!log.full) return (this.#open = log);
      await log.close();
      this.#part += 1;
    }
  }

  #fileName(): string {
    const part = this.#part === 0 ? '' : `.${this.#part}`;
    return `${this.#options.name}-${this.#day}${part}.jsonl`;
  }

  /** Files of other processes in the folder end by the same rule. */
  async #removeOld(): Promise<void> {
    const { folder, clock, keepMs } = this.#options;
    const oldest = new Date(clock.now() - keepMs()).toISOString().slice(0, 10);
    const old = (await readdir(folder)).filter((file) => {
      const day = /^mcp.*-(\d{4}-\d\d-\d\d)(?:\.\d+)?\.jsonl$/.exec(file)?.[1];
      return day !== undefined && day < oldest;
    });
    await Promise.all(old.map((file) => rm(path.join(folder, file), { force: true })));
  }

  async #closeOpen(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.close();
  }
}
