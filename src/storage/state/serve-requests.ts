import { parentPort } from 'node:worker_threads';
import { errorText, ProblemError, problem } from '../../lib/problem.ts';
import { storeProblems } from '../errors.ts';
import type { Committed } from './group-commit.ts';
import type { FromWorker, StoreRequest } from './protocol.ts';

/** One connection to the state file, as its thread uses it. */
export interface Connection {
  /** Answers each of the requests. */
  readonly answer: (requests: readonly StoreRequest[]) => Committed;
  readonly close: () => void;
}

/** Requests of one transaction; more wait for the next. */
const maxBatch = 1000;

/**
 * The loop of a thread that owns one connection to the state file. Requests that came while it was busy are taken
 * together: the writer runs them in one transaction. Says why when the file cannot be used.
 */
export function serveRequests(file: string, open: () => Connection): void {
  const port = parentPort;
  if (port === null) return;
  const send = (message: FromWorker): void => port.postMessage(message);
  let connection: Connection;
  try {
    connection = open();
  } catch (error) {
    const refused =
      error instanceof ProblemError ? error.toProblem() : problem(storeProblems.cannotOpen, errorText(error), { file });
    send({ type: 'refused', problem: refused });
    return;
  }
  const inbox: StoreRequest[] = [];
  const work = (): void => {
    const started = performance.now();
    const { answers, changes } = connection.answer(inbox.splice(0, maxBatch));
    send({ type: 'answers', answers, changes, tookMs: performance.now() - started });
    if (inbox.length > 0) setImmediate(work);
  };
  port.on('message', (message: StoreRequest | 'close') => {
    if (message === 'close') {
      connection.close();
      port.close();
    } else if (inbox.push(message) === 1) {
      setImmediate(work);
    }
  });
  send({ type: 'ready' });
}
