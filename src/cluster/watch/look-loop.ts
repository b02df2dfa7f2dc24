import type { ClusterReader } from '../../kube/cluster-reader.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import { backoffDelay, jittered } from '../../lib/backoff.ts';
import { backoffOf } from '../config.ts';
import { delay } from '../../lib/clock.ts';
import { errorText, problem } from '../../lib/problem.ts';
import type { ConnectionStateMachine } from '../connection/state.ts';
import { type Look, sweepOnce } from '../connection/sweep-once.ts';
import { watchProblems } from '../errors.ts';
import { SweepSchedule } from '../sweep/schedule.ts';
import type { WatchContext, WatchedCluster } from './context.ts';
import type { KindWatch } from './kind-watch.ts';
import type { WatchLooker } from './looker.ts';
import type { ObjectCache } from './object-cache.ts';
import { RecentReader } from './recent-reader.ts';

/** From a change to the look at it, ms: what changes together is looked at together. */
const gatherMs = 100;
/** Between looks at namespaces where time alone will bring a fault, ms. */
const foreseenMs = 1000;
/** After a look, a rest of so many times its duration, within bounds, ms. */
const rest = { times: 9, leastMs: 100, mostMs: 1500 };
/** Between whole looks for which somebody asks, ms. */
const apartMs = 2000;
/** The first look waits for kinds that are slow in coming, ms. */
const settleMs = 60_000;
/** A look into some namespaces foresees a little more than the time to the next whole one, ms. */
const spareMs = 2000;

export interface LookLoopOptions {
  readonly cluster: WatchedCluster;
  readonly context: WatchContext;
  readonly state: ConnectionStateMachine;
  readonly cache: ObjectCache;
  readonly kinds: readonly Pick<KindWatch, 'current' | 'failure'>[];
  readonly looker: WatchLooker;
  /** The cluster could be looked at. */
  readonly onLooked: () => void;
}

/** When a watched cluster is looked at: whole at an interval, and in part a moment after something has changed. */
export class LookLoop {
  readonly #options: LookLoopOptions;
  readonly #schedule: SweepSchedule;
  /** When the next whole look is due, monotonic ms. */
  #wholeAt = 0;
  #lastWholeAt = Number.NEGATIVE_INFINITY;
  #failedLooks = 0;
  #unlisted = '';
  #onSettled: () => void = () => {};

  constructor(options: LookLoopOptions) {
    this.#options = options;
    this.#schedule = new SweepSchedule(options.context.clock);
  }

  /** Something changed in the cache. */
  changed(): void {
    this.#schedule.request(gatherMs);
  }

  /** A kind has become current, or was refused. */
  settled(): void {
    if (this.#options.kinds.every((kind) => kind.current)) this.#onSettled();
  }

  /** Asks for a whole look. */
  again(): void {
    this.#wholeAt = 0;
    this.#schedule.request();
  }

  /** The same, a moment after the last one at the earliest: somebody waits for what it says. */
  soon(): void {
    const { clock } = this.#options.context;
    this.#wholeAt = Math.min(this.#wholeAt, Math.max(clock.monotonic(), this.#lastWholeAt + apartMs));
    this.#schedule.request(Math.max(0, this.#wholeAt - clock.monotonic()));
  }

  /** Never returns. @throws ReadError when nothing can be read; the reason of the signal */
  async run(reader: Pick<ClusterReader, 'get' | 'list'>, signal: AbortSignal): Promise<never> {
    const { clock } = this.#options.context;
    const { cache, looker } = this.#options;
    const recent = new RecentReader(reader, clock);
    await this.#allSettled(signal);
    this.#wholeAt = clock.monotonic();
    for (;;) {
      this.#schedule.request(Math.max(0, this.#wholeAt - clock.monotonic()));
      if (cache.hasChanged) this.#schedule.request(gatherMs);
      if (looker.foreseen.size > 0) this.#schedule.request(foreseenMs);
      await this.#schedule.next(signal);
      const began = clock.monotonic();
      if (began >= this.#wholeAt) await this.#whole(reader, signal);
      else await this.#quick(recent, signal);
      const tookMs = clock.monotonic() - began;
      this.#options.context.watchMetrics.looked(tookMs);
      await delay(clock, Math.min(rest.mostMs, Math.max(rest.leastMs, rest.times * tookMs)), signal);
    }
  }

  async #allSettled(signal: AbortSignal): Promise<void> {
    const settled = new Promise<void>((resolve) => (this.#onSettled = resolve));
    this.settled();
    await Promise.race([settled, delay(this.#options.context.clock, settleMs, signal)]);
    signal.throwIfAborted();
  }

  async #whole(reader: Pick<ClusterReader, 'get' | 'list'>, signal: AbortSignal): Promise<void> {
    const { cluster, context, state, looker } = this.#options;
    const { clock, random, logger } = context;
    const intervalMs = context.sweep.interval_without_push;
    this.#lastWholeAt = clock.monotonic();
    const look: Look = (...[serverCluster, active, limit]) =>
      looker.whole(reader, serverCluster, active, intervalMs + spareMs, limit);
    const end = await sweepOnce({ cluster, context, look, serverCluster: '' }, signal);
    if (end.kind === 'failed') throw this.#unreadable(end.detail);
    if (end.kind === 'accepted') {
      this.#failedLooks = 0;
      state.swept(end.received);
      this.#looked();
      this.#tellUnlisted(end.unlisted);
      this.#wholeAt = clock.monotonic() + jittered(intervalMs, random);
      return;
    }
    looker.forget();
    const wait = backoffDelay(backoffOf(context.connection), this.#failedLooks, random);
    this.#wholeAt = clock.monotonic() + Math.min(intervalMs, wait);
    this.#failedLooks += 1;
    logger.warn({ cluster: cluster.name, error: end.detail }, 'what was found could not be stored');
    this.#looked();
  }

  async #quick(reader: Pick<ClusterReader, 'get'>, signal: AbortSignal): Promise<void> {
    const { cluster, context, state, cache, looker } = this.#options;
    const namespaces = cache.takeChanged();
    for (const namespace of looker.foreseen) namespaces.add(namespace);
    try {
      const aheadMs = Math.max(0, this.#wholeAt - context.clock.monotonic()) + spareMs;
      const look = await looker.quick(reader, namespaces, aheadMs, signal);
      if (look === null) return;
      const { received } = await context.store.acceptSweep(look.report);
      look.stored();
      if (received === 0) return;
      state.countEvents(received);
      context.logger.info({ cluster: cluster.name, received }, 'watch');
    } catch (error) {
      cache.giveBack(namespaces);
      signal.throwIfAborted();
      context.logger.warn({ cluster: cluster.name, error: errorText(error) }, 'what was found could not be stored');
      await delay(context.clock, context.connection.backoff_initial, signal);
    }
  }

  #looked(): void {
    const { state, onLooked } = this.#options;
    if (state.status.state !== 'active') state.transition('active', { source: 'watch' });
    onLooked();
  }

  /** A cluster of which a part is never looked at is not well watched, and says so. */
  #tellUnlisted(unlisted: readonly string[]): void {
    const { cluster, context, state } = this.#options;
    const detail = unlisted.join('; ');
    if (detail !== '' && detail !== this.#unlisted) {
      context.logger.warn({ cluster: cluster.name, unlisted }, 'the watch cannot read everything');
    }
    this.#unlisted = detail;
    const fields = { cluster: cluster.name, kubeconfig: cluster.watch.kubeconfig };
    state.annotate({ error: detail === '' ? null : problem(watchProblems.partial, detail, fields) });
  }

  /** No kind could be read: why the first of them was not says it. */
  #unreadable(detail: string): ReadError {
    const failures = this.#options.kinds.flatMap(({ failure }) => failure ?? []);
    const [first] = failures;
    return new ReadError(first?.failure ?? 'unreachable', detail, {
      cause: first,
      ...(first?.status == null ? {} : { status: first.status }),
      ...(first?.problem == null ? {} : { problem: first.problem }),
    });
  }
}
