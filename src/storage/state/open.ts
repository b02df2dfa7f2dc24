import type { StateStore, StoreChange, StorePolicy } from '../../domain/state-store.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText, type Problem, problem, ProblemError } from '../../lib/problem.ts';
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
  /** Told when nothing can be written, with null when it can again. */
  readonly onProblem?: (problem: Problem | null) => void;
  /** One of the threads ended by itself: nothing can be written or read any more, and the process should end. */
  readonly onStopped?: (error: ProblemError) => void;
  /** Other threads than ours, in tests. */
  readonly threads?: { readonly reader: URL; readonly writer: URL };
}

/**
 * Opens the state store: one thread that writes (an fsync must not stop the main loop) and one that reads, so that
 * reading does not wait behind writing. Only one process may do so: take the lock of the data directory first.
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened
 */
export async function openStateStore(options: StateStoreOptions): Promise<StateStore> {
  const { file, policy, logger, metrics } = options;
  const listeners = new Set<(changes: readonly StoreChange[]) => void>();
  const availability = availabilityLog(options);
  const threads = options.threads ?? ownThreads();
  const onDeath = stopOnce(options);
  const reading = WorkerClient.start(threads.reader, { file, policy }, { onDeath });
  const writing = WorkerClient.start(
    threads.writer,
    { file, policy },
    {
      onChanges: (changes) => tellAll(listeners, changes, logger),
      onBatch: (tookMs, requests, failed) => {
        metrics?.observeWrite(tookMs / 1000, requests, failed);
        availability(!failed);
      },
      onDeath,
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

/** The same files in development (type stripping works in threads) and when built. */
function ownThreads(): { reader: URL; writer: URL } {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const thread = (name: string): URL => new URL(`./${name}.${extension}`, import.meta.url);
  return { reader: thread('reader'), writer: thread('writer') };
}

/** Tells that a thread has ended, once: without either of them nothing goes on. */
function stopOnce({ file, logger, onStopped }: StateStoreOptions): (error: Error) => void {
  let told = false;
  return (cause) => {
    if (told) return;
    told = true;
    const error = new ProblemError(
      storeProblems.stopped,
      `the state store of ${file} has stopped: ${errorText(cause)}`,
      {
        cause,
      },
    );
    logger.error(error.toProblem(), storeProblems.stopped.title);
    onStopped?.(error);
  };
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
function availabilityLog({ logger, file, onProblem }: StateStoreOptions): (available: boolean) => void {
  let last = true;
  return (available) => {
    if (available === last) return;
    last = available;
    const refused = problem(storeProblems.unavailable, `${file} cannot be written`);
    onProblem?.(available ? null : refused);
    if (available) logger.info({ file }, 'the state file can be written again');
    else logger.error({ code: refused.code, file, fix: refused.fix }, storeProblems.unavailable.title);
  };
}
