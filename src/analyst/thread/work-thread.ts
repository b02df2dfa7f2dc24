import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { Asked, Done, FromThread } from './protocol.ts';

/** What one thread may hold, MiB: evidence is bounded, and its graph is some times as large. */
const memory = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 8 };
/** One answer takes less than a second in a cluster of 5,000 pods. */
const limitMs = 30_000;
/** A thread that has nothing to do is ended after so long: it holds memory. */
const idleMs = 60_000;
/** When no thread can be started, the next try is after so long. */
const startAgainMs = 60_000;
/** How often one piece of work is begun: a thread may end for something else than its work. */
const maxBegun = 2;
/** Pieces of work that wait, at most. */
const maxWaiting = 256;

export interface ThreadOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another thread than ours, in tests. */
  readonly file?: URL;
}

interface Piece {
  readonly asked: Asked;
  readonly resolve: (done: Done | null) => void;
  readonly reject: (error: Error) => void;
  begun: number;
}

/**
 * One thread that works on what it is given, piece by piece; it is started by the first and ended when there is none for a
 * minute. Only the piece that it works on is copied to it, so what waits costs nothing. A thread that ends by itself, or
 * takes too long, is replaced.
 */
export class WorkThread {
  readonly #options: ThreadOptions;
  readonly #waiting: Piece[] = [];
  #worker: Worker | null = null;
  /** It has said that it can work. */
  #ready = false;
  #current: Piece | null = null;
  #timer: Timer | null = null;
  #noStartBefore = 0;
  #closed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /**
   * What the thread makes of it; null when there is no thread to be had, or too much waits: the caller works on it itself.
   * @throws Error when the thread ended or took too long over it, or is closed
   */
  run(asked: Asked): Promise<Done | null> {
    if (this.#closed) return Promise.reject(new Error('the analyst has stopped'));
    if (this.#waiting.length >= maxWaiting) return Promise.resolve(null);
    if (this.#worker === null && this.#options.clock.monotonic() < this.#noStartBefore) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject, begun: 0 });
      this.#next();
    });
  }

  /** Ends the thread. What waits, or is worked on, is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = new Error('the analyst has stopped');
    for (const { reject } of this.#taken()) reject(error);
    await this.#end();
  }

  /** Everything that is not done; nothing waits then. */
  #taken(): Piece[] {
    const pieces = [...(this.#current === null ? [] : [this.#current]), ...this.#waiting.splice(0)];
    this.#current = null;
    return pieces;
  }

  #next(): void {
    const isStarting = this.#worker !== null && !this.#ready;
    if (this.#current !== null || isStarting) return;
    this.#timer?.cancel();
    const { clock } = this.#options;
    const [piece] = this.#waiting;
    if (piece === undefined) {
      if (this.#worker !== null) this.#timer = clock.setTimer(() => void this.#end(), idleMs);
      return;
    }
    if (this.#worker === null) {
      this.#worker = this.#start();
      this.#timer = clock.setTimer(() => this.#died(`it did not start within ${limitMs / 1000} s`), limitMs);
      return;
    }
    this.#waiting.shift();
    this.#current = piece;
    piece.begun += 1;
    this.#worker.postMessage(piece.asked, []);
    this.#timer = clock.setTimer(() => this.#tooLong(), limitMs);
  }

  #start(): Worker {
    const worker = new Worker(this.#options.file ?? ownThread(), { resourceLimits: memory });
    // It works for runs, which are in the store: it keeps no process alive.
    worker.unref();
    let why: string | null = null;
    worker.on('error', (error) => (why = errorText(error)));
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#died(why ?? `exit code ${code}`);
    });
    worker.on('message', (message: FromThread) => {
      if (worker === this.#worker) this.#heard(message);
    });
    return worker;
  }

  #heard(message: FromThread): void {
    if (message === 'ready') this.#ready = true;
    else {
      this.#current?.resolve(message);
      this.#current = null;
    }
    this.#next();
  }

  #tooLong(): void {
    const piece = this.#current;
    this.#current = null;
    piece?.reject(new Error(`the analyst took longer than ${limitMs / 1000} s over this evidence`));
    void this.#end();
    this.#next();
  }

  /** It ended by itself. Whoever waited for a thread that never came works alone. */
  #died(why: string): void {
    const { logger, clock } = this.#options;
    const wasReady = this.#ready;
    void this.#end();
    logger.warn({ error: why, started: wasReady }, 'a thread of the analyst has ended');
    if (!wasReady) {
      this.#noStartBefore = clock.monotonic() + startAgainMs;
      for (const { resolve } of this.#taken()) resolve(null);
      return;
    }
    const piece = this.#current;
    this.#current = null;
    if (piece !== null && piece.begun < maxBegun) this.#waiting.unshift(piece);
    else piece?.reject(new Error(`the thread of the analyst ended over this evidence: ${why}`));
    this.#next();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#ready = false;
    this.#timer?.cancel();
    await worker?.terminate();
  }
}

/** The same file in development (type stripping works in threads) and when built. */
function ownThread(): URL {
  return new URL(`./answer-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}
