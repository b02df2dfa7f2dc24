import { backoffDelay, type BackoffPolicy } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';

/** What one look for work found. */
export interface Looked {
  /** Looks again after so many ms at the latest; 0: at once, there is more. Null: only when woken. */
  readonly againMs: number | null;
  /** Nothing waits and nothing is going on: whoever waits for that goes on. */
  readonly idle?: boolean;
  /** Who wakes it waits for `againMs` as well. */
  readonly deaf?: boolean;
}

export interface WorkLoopOptions {
  readonly clock: Clock;
  /** Looks for work and starts or does it. May throw: then it looks again after a back-off. */
  readonly look: () => Promise<Looked>;
  /** With `deaf`, who wakes it waits for the back-off as well; otherwise a wake-up ends it. */
  readonly retry: BackoffPolicy & { readonly deaf?: boolean };
  /** Told of each look that threw, with the time until the next one (ms); not while it stops. */
  readonly failed: (error: unknown, retryMs: number) => void;
  readonly random?: () => number;
}

/**
 * Looks for work whenever somebody wakes it, when a time has come, and again after a failure; one look at a time. The work
 * itself is rows somewhere else, so a look may come too often but none may be missed: a wake-up during a look is followed
 * by another one.
 *
 * new ──start──▶ running ──drain──▶ draining ──nothing more──▶ stopped; stop leads there from everywhere.
 */
export class WorkLoop {
  readonly #options: WorkLoopOptions;
  #state: 'new' | 'running' | 'draining' | 'stopped' = 'new';
  #looking = false;
  /** Resolves when the looks that go on, or went on last, have ended. */
  #looked: Promise<void> = Promise.resolve();
  #woken = false;
  #deaf = false;
  #timer: Timer | null = null;
  #failures = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: WorkLoopOptions) {
    this.#options = options;
  }

  /** Looks for the first time, and from then on when it is woken. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.wake();
  }

  /** There may be work. Before the start and after the stop it does nothing. */
  wake(): void {
    this.#woken = true;
    if (this.#state === 'new' || this.#state === 'stopped' || this.#looking || this.#deaf) return;
    this.#timer?.cancel();
    this.#looking = true;
    this.#looked = this.#lookUntilDone();
  }

  /** Resolves after a look, begun after this call, that found nothing waiting or going on; at once when it is stopped. */
  idle(): Promise<void> {
    if (this.#state === 'stopped') return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.wake();
    });
  }

  /** No look begins any more. Resolves when the one that is going on has ended. */
  async stop(): Promise<void> {
    this.#end();
    await this.#looked;
  }

  /** Takes what can be taken now, without waiting for anything that comes later or for a back-off; then stops. */
  async drain(): Promise<void> {
    if (this.#state === 'new') this.#end();
    if (this.#state === 'running') {
      this.#state = 'draining';
      this.#deaf = false;
      this.wake();
    }
    await this.#looked;
  }

  async #lookUntilDone(): Promise<void> {
    let found: Looked = { againMs: 0 };
    while (this.#state !== 'stopped' && (this.#woken || found.againMs === 0)) {
      this.#woken = false;
      found = await this.#look();
      if (found.idle === true && !this.#woken) this.#releaseIdle();
      if (found.deaf === true) break;
    }
    // No turn between the last question and this: a wake-up that comes now begins a look of its own.
    this.#looking = false;
    if (this.#state === 'draining') this.#end();
    else if (this.#state === 'running') this.#rest(found);
  }

  async #look(): Promise<Looked> {
    const { look, retry, failed, random } = this.#options;
    try {
      const found = await look();
      this.#failures = 0;
      return found;
    } catch (error) {
      // What came meanwhile waits for the back-off, or a look that fails would be repeated at full speed.
      this.#woken = false;
      const againMs = Math.max(1, backoffDelay(retry, this.#failures, random));
      this.#failures += 1;
      if (this.#state === 'running') failed(error, againMs);
      return { againMs, deaf: retry.deaf };
    }
  }

  #rest({ againMs, deaf = false }: Looked): void {
    if (againMs === null) return;
    this.#deaf = deaf;
    this.#timer = this.#options.clock.setTimer(() => {
      this.#deaf = false;
      this.wake();
    }, againMs);
  }

  #end(): void {
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#releaseIdle();
  }

  #releaseIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
