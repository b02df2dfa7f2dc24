import type { StateReader, StateStore, StoreChange, StorePolicy } from '../../domain/state-store.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText, type Problem, problem, ProblemError } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import type { StoreMetrics } from '../metrics.ts';
import { callersOf, operate, readOperations, writeOperations } from './table.ts';
import type { Unavailability } from '../sqlite/database.ts';
import { openForReading } from '../sqlite/open-database.ts';
import { inSnapshot } from '../sqlite/transaction.ts';
import { WorkerClient } from './client.ts';

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
  readonly threads?: { readonly reader?: URL; readonly writer?: URL };
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
  const threads = { reader: ownThread(), writer: ownThread(), ...options.threads };
  const onDeath = stopOnce(options);
  const reading = WorkerClient.start(threads.reader, { file, policy, role: 'reader' }, { onDeath });
  const writing = WorkerClient.start(
    threads.writer,
    { file, policy, role: 'writer' },
    {
      onChanges: (changes) => tellAll(listeners, changes, logger),
      onBatch: (tookMs, requests, unavailable) => {
        metrics?.observeWrite(tookMs / 1000, requests, unavailable !== null);
        availability(unavailable);
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
  return {
    ...callersOf(writeOperations, (name, args) => writer.call(name, args)),
    ...callersOf(readOperations, (name, args) => reader.call(name, args)),
    onChange,
    close,
  };
}

/**
 * Reads the state file in this thread, for commands that run beside a daemon or without one.
 * @throws ProblemError NC-STORE-001 newer, NC-STORE-002 damaged, NC-STORE-003 cannot be opened, NC-STORE-006 absent
 */
export async function openStateReader(file: string): Promise<StateReader> {
  const db = openForReading(file);
  return {
    ...callersOf(readOperations, async (name, args) =>
      inSnapshot(db, (open) => operate(readOperations, { name, args }, open)),
    ),
    close: async () => db.close(),
  };
}

/** The same file in development (type stripping works in threads) and when built. */
function ownThread(): URL {
  return new URL(`./thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
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

/** Says once that nothing can be written and why, and once that it can again. */
function availabilityLog({ logger, file, onProblem }: StateStoreOptions): (why: Unavailability | null) => void {
  let last: Unavailability | null = null;
  return (why) => {
    if (why === last) return;
    last = why;
    if (why === null) {
      onProblem?.(null);
      logger.info({ file }, 'the state file can be written again');
      return;
    }
    const kind = why === 'locked' ? storeProblems.busy : storeProblems.unavailable;
    const refused = problem(kind, `${file} cannot be written`, { file });
    onProblem?.(refused);
    logger.error({ code: refused.code, file, fix: refused.fix }, kind.title);
  };
}
