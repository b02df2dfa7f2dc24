import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type AuditLog, openAuditLog } from '../../gateway/audit.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { ToolRecord } from './run-tool.ts';

/**
 * The record of all calls: a file a day under `folder`, each a chain of its own (`nightcrier audit verify FILE`). `name`
 * tells processes apart that share a folder. A call that cannot be put on record is in the log, and reads go on.
 */
export class ToolAudit {
  readonly #folder: string;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #day = '';
  #part = 0;
  #open: Promise<AuditLog<ToolRecord>> | null = null;
  #written: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly folder: string;
    readonly name: string;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#folder = options.folder;
    this.#name = options.name;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  add(record: ToolRecord): void {
    this.#written = this.#written
      .then(async () => (await this.#logOf(record)).add(record))
      .catch((error: unknown) => this.#log.error({ err: errorText(error), record }, 'a call is not on record'));
  }

  /** Resolves when all so far is written, or is in the log instead. */
  async close(): Promise<void> {
    await this.#written;
    await this.#closeOpen();
  }

  async #logOf(record: ToolRecord): Promise<AuditLog<ToolRecord>> {
    const day = new Date(this.#clock.now()).toISOString().slice(0, 10);
    const open = (await this.#open) ?? null;
    if (open !== null && day === this.#day && !open.full) return open;
    await this.#closeOpen();
    this.#part = day === this.#day ? this.#part + 1 : 0;
    this.#day = day;
    const part = this.#part === 0 ? '' : `.${this.#part}`;
    this.#open = mkdir(this.#folder, { recursive: true, mode: 0o700 }).then(() =>
      openAuditLog<ToolRecord>(path.join(this.#folder, `${this.#name}-${day}${part}.jsonl`)),
    );
    const next = await this.#open;
    // As large as it gets since an earlier start.
    return next.full ? await this.#logOf(record) : next;
  }

  async #closeOpen(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    const log = await open?.catch(() => null);
    await log?.close();
    await log?.flush().catch((error: unknown) => this.#log.error({ err: errorText(error) }, 'calls are not on record'));
  }
}
