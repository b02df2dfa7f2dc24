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
  let answer: (requests: readonly StoreRequest[]) => Committed;
  let close: () => void;
  try {
    ({ answer, close } = setup.mode === 'write' ? writing() : reading());
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
    const { answers, changes } = answer(inbox.splice(0, maxBatch));
    send({ type: 'answers', answers, changes, tookMs: performance.now() - started });
    if (inbox.length > 0) setImmediate(work);
  };
  port?.on('message', (message: StoreRequest | 'close') => {
    if (message === 'close') {
      close();
      port.close();
    } else if (inbox.push(message) === 1) {
      setImmediate(work);
    }
  });
  send({ type: 'ready' });
}

function writing() {
  const db = openForWriting(setup.file);
  const answer = (requests: readonly StoreRequest[]): Committed =>
    commitTogether(db, setup.policy, writeOperations, requests);
  return { answer, close: () => db.close() };
}

/** Opens the file with the first request: the reader starts beside the writer, which makes the file. */
function reading() {
  let db: Database | null = null;
  const operations = readOperations as Readonly<Record<string, (db: Database, ...args: never[]) => unknown>>;
  const answerOne = ({ id, name, args }: StoreRequest): StoreAnswer => {
    try {
      db ??= openForReading(setup.file);
      return { id, ok: true, value: operations[name]?.(db, ...(args as never[])) };
    } catch (error) {
      return { id, ok: false, unavailable: true, message: errorText(error) };
    }
  };
  const answer = (requests: readonly StoreRequest[]): Committed => ({ answers: requests.map(answerOne), changes: [] });
  return { answer, close: () => db?.close() };
}
