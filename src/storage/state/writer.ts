import { workerData } from 'node:worker_threads';
import { commitTogether } from './group-commit.ts';
import { openForWriting } from './open-database.ts';
import type { WorkerSetup } from './protocol.ts';
import { serveRequests } from './serve-requests.ts';
import { writeOperations } from './write-operations.ts';

/* The thread that writes: an fsync must not stop the main loop. */

const { file, policy } = workerData as WorkerSetup;

serveRequests(file, () => {
  const db = openForWriting(file);
  return {
    answer: (requests) => commitTogether(db, policy, writeOperations, requests),
    close: () => db.close(),
  };
});
