import type { ArtifactStore } from '../domain/ports.ts';
import type { RetentionStore } from '../domain/incident.ts';
import type { Clock } from '../lib/clock.ts';
import { type Every, every } from '../lib/every.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';

const intervalMs = 3_600_000;

export interface RetentionOptions {
  readonly store: Pick<RetentionStore, 'prune'>;
  readonly artifacts: Pick<ArtifactStore, 'remove'>;
  /** `storage.retention.incidents`, milliseconds, as it is configured now. */
  readonly keepMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Deletes incidents that ended longer ago than the retention, with their artifacts: at start and every hour. */
export function createRetention(options: RetentionOptions): Every {
  const { clock, logger } = options;
  const failed = (error: unknown): void =>
    logger.warn({ error: errorText(error) }, 'old incidents could not be deleted, the next try is in an hour');
  return every({ clock, intervalMs, atOnce: true, failed }, (signal) => prune(options, signal));
}

async function prune(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { store, artifacts, keepMs, clock, logger } = options;
  let deleted = 0;
  for (;;) {
    const { incidents, more } = await store.prune(clock.now() - keepMs());
    for (const { cluster, id } of incidents) await artifacts.remove(cluster, id);
    deleted += incidents.length;
    if (!more || signal.aborted) break;
  }
  if (deleted > 0) logger.info({ incidents: deleted }, 'old incidents were deleted');
}
