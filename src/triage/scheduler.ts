import type { RunLimits } from '../domain/agent-limits.ts';
import type { RunClaim, RunStore, StateStore } from '../domain/state-store.ts';
import { type BackoffPolicy, backoffDelay } from '../lib/backoff.ts';
import { untilAborted } from '../lib/abort.ts';
import { type Clock, delay } from '../lib/clock.ts';
import { errorText, problem } from '../lib/problem.ts';
import type { Logger } from '../lib/log.ts';
import { type Looked, WorkLoop } from '../lib/work-loop.ts';
import { triageProblems } from './errors.ts';
import type { TriageMetrics } from './metrics.ts';
import type { Pipeline } from './pipeline.ts';

export interface SchedulerOptions {
  readonly store: Pick<RunStore, 'claimRun' | 'nextRunDue' | 'returnRun' | 'recoverRuns'> &
    Pick<StateStore, 'onChange'>;
  readonly limits: () => RunLimits;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TriageMetrics;
  readonly random?: () => number;
  /** Whether there is room for what a run writes; while there is none, runs wait. */
  readonly hasRoom: () => Promise<boolean>;
}

const storeRetry: BackoffPolicy = { initialMs: 250, maxMs: 15_000 };
/** Looked at again at least this often, should a change have gone unheard. */
const idleMs = 30_000;
/** How often it is looked whether there is room again. */
const roomMs = 5000;
/** Of the time for a stop, kept for ending agents and giving their runs back. */
const abortReserveMs = 7000;
const brokenRunMs = 10_000;
/** Runs that are asked for in one write. */
const maxClaims = 64;

/**
 * Starts runs as the store gives them: it decides which is next and whether a slot is free, so that no run is ever only
 * in memory. Woken by changes of the store and by the time at which the next run is due.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #abortRuns = new AbortController();
  #unsubscribe: () => void = () => {};
  readonly #loop: WorkLoop;
  #stopped: Promise<void> | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#loop = new WorkLoop({
      clock: options.clock,
      look: () => this.#claimDue(),
      retry: storeRetry,
      failed: (error) => this.#storeFailed(error),
      random: options.random,
    });
  }

  /** Ids of the runs that are going on. */
  runningIds(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  /** Gives interrupted runs back to the queue, then starts claiming. Waits for a store that refuses. */
  async start(): Promise<void> {
    const { store, clock, logger, random } = this.#options;
    this.#unsubscribe = store.onChange((changes) => {
      if (changes.some((change) => change.type === 'run' && change.run.status !== 'running')) this.#loop.wake();
    });
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        const recovered = await store.recoverRuns(clock.now());
        if (recovered > 0) logger.info({ runs: recovered }, 'interrupted runs are taken up again');
        break;
      } catch (error) {
        this.#storeFailed(error);
        const waitMs = backoffDelay(storeRetry, attempt, random);
        await delay(clock, waitMs, this.#stopping.signal).catch(() => {});
      }
    }
    this.#loop.start();
  }

  /** Resolves when no run is waiting or going on. @throws the reason of the signal */
  idle(signal: AbortSignal): Promise<void> {
    return untilAborted(this.#loop.idle(), signal);
  }

  /**
   * No new runs from now. Those that go on get `withinMs` less a reserve, then they are ended and given back to the
   * queue. A run that cannot even be ended stays `running` in the store: the next start takes it up again.
   */
  stop(withinMs: number): Promise<void> {
    this.#stopped ??= this.#stop(withinMs);
    return this.#stopped;
  }

  async #stop(withinMs: number): Promise<void> {
    this.#stopping.abort();
    this.#unsubscribe();
    const looked = this.#loop.stop();
    const reserve = Math.min(abortReserveMs, withinMs / 2);
    await this.#within(
      withinMs - reserve,
      (async () => {
        await looked;
        await Promise.all(this.#running.values());
      })(),
    );
    if (this.#running.size === 0) return;
    this.#options.logger.warn({ runs: this.#running.size }, 'runs are handed back at stop');
    this.#abortRuns.abort(new Error('stopped'));
    await this.#within(reserve, Promise.all(this.#running.values()));
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const timeUp = delay(this.#options.clock, ms, done.signal).catch(() => {});
    await Promise.race([work, timeUp]);
    done.abort();
  }

  /** Starts what is due, and says when more will be. */
  async #claimDue(): Promise<Looked> {
    const { store, clock, hasRoom } = this.#options;
    // Also when nothing waits: what is said of the disk has to be what is so now.
    if (!(await hasRoom())) return { againMs: roomMs, idle: await this.#isIdle() };
    const lookedAt = await this.#claimAll();
    // What was due at the last look has no slot and waits for a change; it must not hide what becomes due behind it.
    const due = await store.nextRunDue(lookedAt);
    const againMs = due === null ? idleMs : Math.min(Math.max(due - clock.now(), 1), idleMs);
    return { againMs, idle: await this.#isIdle() };
  }

  async #isIdle(): Promise<boolean> {
    return this.#running.size === 0 && (await this.#options.store.nextRunDue()) === null;
  }

  /** Starts what can start; gives the time as of which everything that was due was looked at. */
  async #claimAll(): Promise<number> {
    const { limits, clock } = this.#options;
    let lookedAt = clock.now();
    // A claim is a write: none is made while no slot is free, and only one as long as nothing is known to wait.
    let asked = 1;
    while (!this.#stopping.signal.aborted && this.#running.size < limits().maxConcurrent) {
      lookedAt = clock.now();
      const free = Math.min(asked, limits().maxConcurrent - this.#running.size);
      const claims = await this.#claim(free, lookedAt);
      for (const claim of claims) {
        if (this.#stopping.signal.aborted) await this.#giveBack(claim);
        else this.#begin(claim);
      }
      if (claims.length < free) break;
      asked = Math.min(asked * 4, maxClaims);
    }
    return lookedAt;
  }

  /**
   * Asks for so many runs at once: the store takes them in turn within one write. One after the other, each claim would wait
   * until the runs that were claimed before it leave the loop a moment. Gives what was claimed even when a part is refused.
   */
  async #claim(count: number, at: number): Promise<readonly RunClaim[]> {
    const { store, limits } = this.#options;
    const asked = Array.from({ length: count }, () => store.claimRun(limits(), at));
    const answers = await Promise.allSettled(asked);
    const claims = answers.flatMap((it) => (it.status === 'fulfilled' && it.value !== null ? [it.value] : []));
    const refused = answers.find((it) => it.status === 'rejected');
    if (refused && claims.length === 0) throw refused.reason;
    if (refused) this.#storeFailed(refused.reason);
    return claims;
  }

  #begin(claim: RunClaim): void {
    const { metrics, clock } = this.#options;
    metrics.started(clock.now() - Math.max(claim.run.createdAt, claim.run.notBefore));
    const ended = this.#runOne(claim).finally(() => {
      this.#running.delete(claim.run.id);
      metrics.left();
      this.#loop.wake();
    });
    this.#running.set(claim.run.id, ended);
  }

  /** Never rejects: a run that does not get through its pipeline goes back to the queue. */
  async #runOne(claim: RunClaim): Promise<void> {
    const { pipeline, logger, clock } = this.#options;
    try {
      await pipeline(claim, this.#abortRuns.signal);
      return;
    } catch (error) {
      if (!this.#abortRuns.signal.aborted) {
        logger.error({ run: claim.run.id, error: errorText(error) }, 'a run broke off');
        // It keeps its slot for a while, so that what breaks it is not repeated without end at full speed.
        await delay(clock, brokenRunMs, this.#stopping.signal).catch(() => {});
      }
    }
    await this.#giveBack(claim);
  }

  async #giveBack(claim: RunClaim): Promise<void> {
    const { store, clock, metrics } = this.#options;
    try {
      await store.returnRun(claim.run.id, clock.now());
      metrics.returned();
    } catch (error) {
      // Still `running` in the store: the next start takes it up again.
      this.#storeFailed(error);
    }
  }

  #storeFailed(error: unknown): void {
    this.#options.metrics.storeFailure();
    this.#options.logger.error(problem(triageProblems.storeUnavailable, errorText(error)), 'the store refused');
  }
}
