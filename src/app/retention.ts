import type { ArtifactStore } from '../domain/ports.ts';
import type { StateStore } from '../domain/state-store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';

const intervalMs = 3_600_000;

export interface RetentionOptions {
  readonly store: Pick<StateStore, 'prune'>;
  readonly artifacts: Pick<ArtifactStore, 'remove'>;
  /** `storage.retention.incidents`, milliseconds. */
  readonly keepMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Deletes incidents that ended longer ago than the retention, with their artifacts: at start and every hour. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: Timer | null = null;
  #going: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#going = this.#prune().finally(() => {
      if (!this.#stopped) this.#timer = this.#options.clock.setTimer(() => this.start(), intervalMs);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#going;
  }

  async #prune(): Promise<void> {
    const { store, artifacts, keepMs, clock, logger } = this.#options;
    try {
      let deleted = 0;
      for (;;) {
        const { incidents, more } = await store.prune(clock.now() - keepMs);
        for (const { cluster, id } of incidents) await artifacts.remove(cluster, id);
        deleted += incidents.length;
        if (!more || this.#stopped) break;
      }
      if (deleted > 0) logger.info({ incidents: deleted }, 'old incidents were deleted');
    } catch (error) {
      logger.warn({ error: errorText(error) }, 'old incidents could not be deleted, the next try is in an hour');
    }
  }
}
