import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { errorText, ProblemError, problem } from '../../lib/problem.ts';
import { createRedactor } from '../../lib/redact/redact.ts';
import { storeProblems } from '../errors.ts';
import { indexDue } from '../history/index-due.ts';
import { type Database, unavailability } from '../sqlite/database.ts';
import { openForReading, openForWriting } from '../sqlite/open-database.ts';
import { inSnapshot } from '../sqlite/transaction.ts';
import { commitTogether } from './group-commit.ts';
import { idleWork } from './idle-work.ts';
import type { Committed, FromWorker, StoreAnswer, StoreRequest, WorkerSetup } from './protocol.ts';
import { operate, readOperations } from './table.ts';

/*
 * A thread of the state store, which owns one connection to the state file: the one that writes (an fsync must not stop
 * the main loop), or the one that reads beside it.
 */

/** Requests of one transaction; more wait for the next. */
const maxBatch = 1000;

interface Connection {
  /** Answers each of the requests. */
  readonly answer: (requests: readonly StoreRequest[]) => Committed;
  readonly close: () => void;
  /** A piece of what can wait until nothing is asked; whether there is more. */
  readonly idle?: () => boolean;
}

if (parentPort !== null) serve(parentPort, workerData as WorkerSetup);

/**
 * Requests that came while it was busy are taken together: the writer runs them in one transaction. Says why when the
 * file cannot be used.
 */
function serve(port: MessagePort, setup: WorkerSetup): void {
  const send = (message: FromWorker): void => port.postMessage(message);
  let connection: Connection;
  try {
    connection = setup.role === 'writer' ? writing(setup) : reading(setup);
  } catch (error) {
    const { file } = setup;
    const refused =
      error instanceof ProblemError ? error.toProblem() : problem(storeProblems.cannotOpen, errorText(error), { file });
    send({ type: 'refused', problem: refused });
    return;
  }
  const inbox: StoreRequest[] = [];
  const beside = connection.idle === undefined ? null : idleWork(connection.idle);
  // What the last process left, or a new layout.
  beside?.asked();
  const work = (): void => {
    const started = performance.now();
    const committed = connection.answer(inbox.splice(0, maxBatch));
    send({ type: 'answers', ...committed, tookMs: performance.now() - started });
    if (inbox.length > 0) setImmediate(work);
  };
  port.on('message', (message: StoreRequest | 'close') => {
    beside?.asked();
    if (message === 'close') {
      beside?.stop();
      connection.close();
      port.close();
    } else if (inbox.push(message) === 1) {
      setImmediate(work);
    }
  });
  send({ type: 'ready' });
}

function writing({ file, policy }: WorkerSetup): Connection {
  const db = openForWriting(file);
  const store = { db, policy, redact: createRedactor(policy.redact) };
  return {
    answer: (requests) => commitTogether(store, requests),
    close: () => db.close(),
    idle: () => indexDue(db),
  };
}

/** Opens the file with the first request: this thread starts beside the writer, which makes the file. */
function reading({ file }: WorkerSetup): Connection {
  let db: Database | null = null;
  const answerOne = (request: StoreRequest): StoreAnswer => {
    try {
      db ??= openForReading(file);
      return { id: request.id, ok: true, value: inSnapshot(db, (open) => operate(readOperations, request, open)) };
    } catch (error) {
      return { id: request.id, ok: false, unavailable: unavailability(error) ?? 'disk', message: errorText(error) };
    }
  };
  return {
    answer: (requests) => ({ answers: requests.map(answerOne), changes: [] }),
    close: () => db?.close(),
  };
}
