import type { IntakeStore } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import { type Every, every } from '../lib/every.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';

/** How often is looked whether a storm is over, ms; each fault of its cluster looks too. */
const lookEveryMs = 15_000;

export interface StormWatchOptions {
  readonly store: Pick<IntakeStore, 'endStorms'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ends storms into which nothing comes any more. */
export function createStormWatch({ store, clock, logger }: StormWatchOptions): Pick<Every, 'start' | 'stop'> {
  const failed = (error: unknown): void =>
    logger.warn({ error: errorText(error) }, 'storms that are over could not be ended');
  const looks = every({ clock, intervalMs: lookEveryMs, failed }, async () => {
    const storms = await store.endStorms(clock.now());
    if (storms > 0) logger.info({ storms }, 'storms are over');
  });
  return { start: () => looks.start(), stop: () => looks.stop() };
}
