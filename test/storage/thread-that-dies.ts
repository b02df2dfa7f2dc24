import { parentPort } from 'node:worker_threads';

/* A thread of the state store that is ready, and ends with the first request, as when its memory runs out. */
parentPort?.postMessage({ type: 'ready' }, []);
parentPort?.on('message', () => process.exit(1));
