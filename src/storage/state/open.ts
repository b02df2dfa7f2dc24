import type { StateStore, StoreChange, StorePolicy } from '../../domain/state-store.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import type { StoreMetrics } from '../metrics.ts';
import { readNames, writeNames } from './protocol.ts';
import { WorkerClient } from './worker-client.ts';

export interface StateStoreOptions {
  /** Path of the state file; its directory exists. */
  readonly file: string;
  readonly policy: StorePolicy;
  readonly logger: Logger;
  readonly metrics?: StoreMetrics;
}

/**
 * Opens the state store: one thread that writes (an fsync must not stop the main loop) and one that reads, so that
 * reading does not wait behind writing. Only one process may do so: take the lock of the data directory first.
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened
 */
export async function openStateStore(options: StateStoreOptions): Promise<StateStore> {
  const { file, policy, logger, metrics } = options;
  const listeners = new Set<(changes: readonly StoreChange[]) => void>();
  const availability = availabilityLog(logger, file);
  const reading = WorkerClient.start({ file, mode: 'read', policy });
  const writing = WorkerClient.start(
    { file, mode: 'write', policy },
    {
      onChanges: (changes) => tellAll(listeners, changes, logger),
      onBatch: (tookMs, requests, failed) => {
        metrics?.observeWrite(tookMs / 1000, requests, failed);
        availability(!failed);
      },
      onDeath: (error) => logger.error({ error: error.message, file }, 'the writer of the state store ended'),
    },
  );
  const [reader, writer] = await bothOrNone(reading, writing);
  metrics?.watchQueue(() => writer.pending);
  const close = async (): Promise<void> => {
    // The writer goes last: closing the last connection takes the -wal file into the state file.
    await reader.close();
    await writer.close();
  };
  const onChange = (listener: (changes: readonly StoreChange[]) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { ...callers(writer, writeNames), ...callers(reader, readNames), onChange, close } as unknown as StateStore;
}

/** Both threads; when one cannot start, the other is ended. The writer's reason comes first: it checks the file. */
async function bothOrNone(
  reading: Promise<WorkerClient>,
  writing: Promise<WorkerClient>,
): Promise<[WorkerClient, WorkerClient]> {
  const [reader, writer] = await Promise.allSettled([reading, writing]);
  if (reader.status === 'fulfilled' && writer.status === 'fulfilled') return [reader.value, writer.value];
  for (const started of [reader, writer]) if (started.status === 'fulfilled') await started.value.close();
  throw [writer, reader].find((started) => started.status === 'rejected')?.reason;
}

/** One function a name that hands its arguments to the thread. */
function callers(client: WorkerClient, names: readonly string[]): Record<string, (...args: unknown[]) => unknown> {
  return Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => client.call(name, args)]));
}

function tellAll(
  listeners: ReadonlySet<(changes: readonly StoreChange[]) => void>,
  changes: readonly StoreChange[],
  logger: Logger,
): void {
  for (const listener of listeners) {
    try {
      listener(changes);
    } catch (error) {
      logger.error({ error: errorText(error) }, 'a listener of the state store failed');
    }
  }
}

/** Says once that nothing can be written, and once that it can again. */
function availabilityLog(logger: Logger, file: string): (available: boolean) => void {
  let last = true;
  return (available) => {
    if (available === last) return;
    last = available;
    const { code, title, fix } = storeProblems.unavailable;
    if (available) logger.info({ file }, 'the state file can be written again');
    else logger.error({ code, file, fix }, title);
  };
}
