import { parentPort, workerData } from 'node:worker_threads';
import { errorText, ProblemError, problem } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import type { Database } from './database.ts';
import { commitTogether, type Committed } from './group-commit.ts';
import { openForReading, openForWriting } from './open-database.ts';
import type { FromWorker, StoreAnswer, StoreRequest, WorkerSetup } from './protocol.ts';
import { readOperations } from './read-operations.ts';
import { writeOperations } from './write-operations.ts';

/*
 * The thread that owns one connection to the state file. Requests that came while it was busy are taken together: the
 * writer runs them in one transaction.
 */

/** Requests of one transaction; more wait for the next. */
const maxBatch = 1000;

const setup = workerData as WorkerSetup;
const port = parentPort;
if (port) serve((message) => port.postMessage(message));

function serve(send: (message: FromWorker) => void): void {
  let db: Database;
  try {
    db = setup.mode === 'write' ? openForWriting(setup.file) : openForReading(setup.file);
  } catch (error) {
    const refused =
      error instanceof ProblemError
        ? error.toProblem()
        : problem(storeProblems.cannotOpen, errorText(error), { file: setup.file });
    send({ type: 'refused', problem: refused });
    return;
  }
  const inbox: StoreRequest[] = [];
  const work = (): void => {
    const started = performance.now();
    const requests = inbox.splice(0, maxBatch);
    const { answers, changes } = setup.mode === 'write' ? write(db, requests) : read(db, requests);
    send({ type: 'answers', answers, changes, tookMs: performance.now() - started });
    if (inbox.length > 0) setImmediate(work);
  };
  port?.on('message', (message: StoreRequest | 'close') => {
    if (message === 'close') {
      db.close();
      port.close();
      return;
    }
    if (inbox.push(message) === 1) setImmediate(work);
  });
  send({ type: 'ready' });
}

function write(db: Database, requests: readonly StoreRequest[]): Committed {
  return commitTogether(db, setup.policy, writeOperations, requests);
}

function read(db: Database, requests: readonly StoreRequest[]): Committed {
  const operations = readOperations as Readonly<Record<string, (db: Database, ...args: never[]) => unknown>>;
  const answers = requests.map(({ id, name, args }): StoreAnswer => {
    try {
      const value = operations[name]?.(db, ...(args as never[]));
      return { id, ok: true, value };
    } catch (error) {
      return { id, ok: false, unavailable: true, message: errorText(error) };
    }
  });
  return { answers, changes: [] };
}
