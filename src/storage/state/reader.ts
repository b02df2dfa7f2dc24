import { workerData } from 'node:worker_threads';
import { errorText } from '../../lib/problem.ts';
import type { Database } from './database.ts';
import { inSnapshot } from './in-snapshot.ts';
import { openForReading } from './open-database.ts';
import type { StoreAnswer, StoreRequest, WorkerSetup } from './protocol.ts';
import { readOperations } from './read-operations.ts';
import { serveRequests } from './serve-requests.ts';

/* The thread that reads, beside the one that writes. */

const { file } = workerData as WorkerSetup;
const operations = readOperations as Readonly<Record<string, (db: Database, ...args: never[]) => unknown>>;

serveRequests(file, () => {
  // Opened with the first request: this thread starts beside the writer, which makes the file.
  let db: Database | null = null;
  const answerOne = ({ id, name, args }: StoreRequest): StoreAnswer => {
    try {
      db ??= openForReading(file);
      return { id, ok: true, value: inSnapshot(db, (reading) => operations[name]?.(reading, ...(args as never[]))) };
    } catch (error) {
      return { id, ok: false, unavailable: true, message: errorText(error) };
    }
  };
  return {
    answer: (requests) => ({ answers: requests.map(answerOne), changes: [] }),
    close: () => db?.close(),
  };
});
