import { Worker } from 'node:worker_threads';
import { StoreUnavailableError, type StoreChange } from '../../domain/state-store.ts';
import { ProblemError } from '../../lib/problem.ts';
import type { Unavailability } from '../sqlite/database.ts';
import type { FromWorker, StoreAnswer, WorkerSetup } from './protocol.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface WorkerEvents {
  /** Rows changed and are on disk. */
  readonly onChanges?: (changes: readonly StoreChange[]) => void;
  /** A transaction took so many milliseconds; `requests` of it, and why nothing could be written. */
  readonly onBatch?: (tookMs: number, requests: number, unavailable: Unavailability | null) => void;
  /** The thread ended by itself; nobody answers any more. */
  readonly onDeath: (error: Error) => void;
}

/** The other side of thread.ts: requests in, promises out. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #idle: (() => void) | null = null;
  #closed: Error | null = null;

  /** Starts the thread that `file` holds. @throws ProblemError when the state file cannot be used. */
  static async start(file: URL, setup: WorkerSetup, events: WorkerEvents): Promise<WorkerClient> {
    const worker = new Worker(file, { workerData: setup });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread ended with ${code} before it was ready`)));
      worker.once('message', (message: FromWorker) => {
        if (message.type === 'refused') reject(asError(message.problem));
        else resolve();
      });
    }).catch(async (error: unknown) => {
      await worker.terminate();
      throw error;
    });
    worker.removeAllListeners('error');
    worker.removeAllListeners('exit');
    return new WorkerClient(worker, events);
  }

  constructor(worker: Worker, events: WorkerEvents) {
    this.#worker = worker;
    this.#events = events;
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#die(new StoreUnavailableError('the thread of the state store has ended'));
        resolve();
      });
    });
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.#die(new StoreUnavailableError(error.message, { cause: error })));
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#waiting.size;
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, args }, []);
    });
  }

  /** Answers what was asked, then ends the thread. */
  async close(): Promise<void> {
    if (this.#closed) return this.#exited;
    this.#closed = new StoreUnavailableError('the state store is closed');
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#worker.postMessage('close', []);
    await this.#exited;
  }

  #receive(message: FromWorker): void {
    if (message.type !== 'answers') return;
    const { answers, changes, tookMs } = message;
    for (const answer of answers) this.#answer(answer);
    const failed = answers.find((answer) => !answer.ok && answer.unavailable !== null);
    this.#events.onBatch?.(tookMs, answers.length, failed?.ok === false ? failed.unavailable : null);
    if (changes.length > 0) this.#events.onChanges?.(changes);
    if (this.#waiting.size === 0) this.#idle?.();
  }

  #answer(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(answer.unavailable ? new StoreUnavailableError(answer.message) : new Error(answer.message));
  }

  #die(error: StoreUnavailableError): void {
    const unexpected = this.#closed === null;
    this.#closed ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#idle?.();
    if (unexpected) this.#events.onDeath(error);
  }
}

function asError({ code, message, fix }: { code: string; message: string; fix: string }): ProblemError {
  return new ProblemError({ code, fix, title: message, about: message }, message);
}
