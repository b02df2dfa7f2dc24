import type { Registry } from 'prom-client';
import { makeDataDir } from '../../checks/set/data-checks.ts';
import type { StateStore, StorePolicy } from '../../domain/state-store.ts';
import type { Cleanups } from '../../lib/cleanups.ts';
import type { Logger } from '../../lib/log.ts';
import type { Problem } from '../../lib/problem.ts';
import { createStoreMetrics } from '../../storage/metrics.ts';
import { lockDataDir } from '../../storage/sqlite/data-dir-lock.ts';
import { openStateStore } from '../../storage/worker/open.ts';

export interface StateOptions {
  readonly dataDir: string;
  readonly file: string;
  readonly policy: StorePolicy;
  readonly made: Cleanups;
  readonly registry: Registry;
  readonly logger: Logger;
  /** The store has ended by itself: the daemon cannot go on. */
  readonly onStopped: (error: Error) => void;
}

/** The state store, and what is wrong with it now. */
export interface OpenState {
  readonly store: StateStore;
  readonly problems: () => readonly Problem[];
}

/** One process a `data_dir`, then its store; `made` gets what ends both. @throws ProblemError */
export async function openState(options: StateOptions): Promise<OpenState> {
  const { made, logger, registry } = options;
  await makeDataDir(options.dataDir);
  const lock = lockDataDir(options.dataDir);
  made.add('data_dir lock', () => lock.release());
  let problems: readonly Problem[] = [];
  const store = await openStateStore({
    file: options.file,
    policy: options.policy,
    logger: logger.child({ component: 'store' }),
    metrics: createStoreMetrics(registry),
    onStopped: options.onStopped,
    onProblem: (problem) => (problems = problem === null ? [] : [problem]),
  });
  made.add('state store', () => store.close());
  return { store, problems: () => problems };
}
