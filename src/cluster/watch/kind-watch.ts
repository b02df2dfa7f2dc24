import { ReadError } from '../../kube/cluster-reader.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import { type KindToRead, kindFacts } from '../../kube/kinds.ts';
import { resourcePath } from '../../kube/read/api-paths.ts';
import { type Collection, type CollectionLimits, listPages, watchChanges } from '../../kube/read/collection.ts';
import { backoffDelay, type BackoffPolicy, jittered } from '../../lib/backoff.ts';
import { type Clock, delay } from '../../lib/clock.ts';
import type { StartGate } from '../connection/start-gate.ts';
import type { KindKnowledge, ObjectCache } from './object-cache.ts';
import { reactToEnd, type WatchEnd } from './reaction.ts';

/** Objects asked for with one call; more when lists expire before they end, fewer when answers are too large. */
const pageSizes = { usual: 500, most: 5000, fewest: 1 };
/** A watch that stood so long was good: the back-off begins anew, ms. */
const decentMs = 10_000;
/** A kind that failed so often in a row is not waited for any longer. */
const failedEnough = 2;
/** What was known counts for so long while the watch is broken, ms. */
const staleAfterMs = 30_000;
/** A kind that was refused is asked for again, ms. */
const refusedPolicy: BackoffPolicy = { initialMs: 30_000, maxMs: 5 * 60_000 };
/** The longest that a server can have us wait, ms. */
const longestWaitMs = 5 * 60_000;

export interface KindWatchOptions {
  readonly cache: ObjectCache;
  readonly limits: CollectionLimits;
  /** Where a watch cannot be held: the kind is listed anew so often, ms; null: it is watched. */
  readonly listEveryMs?: number | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: BackoffPolicy;
  /** Lists that begin at the same time, over all clusters. */
  readonly lists: StartGate;
  /** A list or watch ended before its time. */
  readonly onEnd: (kind: string, end: WatchEnd, error: ReadError) => void;
  /** The kind has become `current`. */
  readonly onSettled: () => void;
  readonly onEvents: (count: number) => void;
}

/**
 * Keeps one kind of one cluster in the cache: lists it, then watches from that version on, for ever. Lives longer than a
 * session with the cluster, so that the next one goes on where this one ended.
 *
 *   new ─▶ listing ─▶ live ⇄ behind      behind: the watch is broken and resumed; what is known grows old
 *   listing, behind ─▶ refused ─▶ listing
 *   any ─▶ listing                        what happened since is not known (410)
 *
 * Where a watch cannot be held it is listed again and again, and stays live meanwhile: what it shows is as old as the list.
 */
export class KindWatch {
  readonly kind: KindToRead;
  readonly #collection: Collection;
  readonly #options: KindWatchOptions;
  #version: string | null = null;
  #state: 'new' | 'live' | 'behind' | 'refused' = 'new';
  /** When it was last current, monotonic ms. */
  #currentAt = 0;
  #failure: ReadError | null = null;
  /** Attempts in a row that gave nothing. */
  #failed = 0;
  #pageSize = pageSizes.usual;

  constructor(kind: KindToRead, options: KindWatchOptions) {
    this.kind = kind;
    this.#options = options;
    this.#collection = collectionOf(kind);
  }

  /** Whether there is nothing to wait for: changes come in, it was refused, or it fails again and again. */
  get current(): boolean {
    return this.#state === 'live' || this.#state === 'refused' || this.#failed >= failedEnough;
  }

  /** Why it is not current, null when it is. */
  get failure(): ReadError | null {
    return this.#failure;
  }

  knowledge(): KindKnowledge {
    const live = this.#state === 'live';
    const old = this.#options.clock.monotonic() - this.#currentAt > staleAfterMs;
    const read = live || (this.#state === 'behind' && !old);
    return { read, live, failure: read ? null : this.#failure };
  }

  /** What is known is of another cluster: it is listed anew. */
  forget(): void {
    this.#version = null;
    this.#state = 'new';
    this.#options.cache.clear(this.kind.kind);
  }

  /** Never returns. Rejects with the reason of the signal. */
  async run(access: ApiAccess, signal: AbortSignal): Promise<never> {
    const { clock } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      const began = clock.monotonic();
      const error = await this.#once(access, signal);
      if (error === null && this.#listEveryMs !== null) {
        attempt = -1;
        continue;
      }
      if (clock.monotonic() - began >= decentMs) attempt = 0;
      this.#leaveLive();
      const waitMs = error === null ? 0 : this.#react(error, attempt);
      // A server that ends each watch at once, without an error, must not be asked without end either.
      const bare = error === null && attempt > 0 ? this.#backoff(attempt) : 0;
      await delay(clock, Math.max(waitMs, bare), signal);
    }
  }

  /** From the list, when one is needed, to the end of the watch; null when the server ended it in order. */
  async #once(access: ApiAccess, signal: AbortSignal): Promise<ReadError | null> {
    try {
      const version = this.#version ?? (await this.#list(access, signal));
      if (this.#listEveryMs === null) await this.#watch(access, version, signal);
      else await this.#rest(this.#listEveryMs, signal);
      return null;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ReadError) return error;
      throw error;
    }
  }

  async #list(access: ApiAccess, signal: AbortSignal): Promise<string> {
    const { cache, limits, lists } = this.#options;
    const leave = await lists.enter();
    try {
      signal.throwIfAborted();
      const relist = cache.relist(this.kind.kind);
      let version = '';
      for await (const page of listPages(access, this.#collection, this.#pageSize, limits, signal)) {
        relist.add(page.objects);
        version = page.resourceVersion;
      }
      relist.end();
      this.#version = version;
      this.#pageSize = Math.min(this.#pageSize, pageSizes.usual);
      return version;
    } catch (error) {
      this.#resizePages(error);
      throw error;
    } finally {
      leave();
    }
  }

  async #watch(access: ApiAccess, version: string, signal: AbortSignal): Promise<void> {
    const { cache, clock, limits, onEvents } = this.#options;
    for await (const { events, resourceVersion } of watchChanges(
      access,
      this.#collection,
      version,
      { limits, clock },
      signal,
    )) {
      for (const { type, object } of events) {
        if (type === 'set') cache.set(object);
        else cache.gone(object);
      }
      if (resourceVersion !== null) this.#version = resourceVersion;
      if (events.length > 0) onEvents(events.length);
      this.#stands();
    }
  }

  /** Until the next list. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    this.#stands();
    await delay(clock, jittered(ms, random), signal);
    this.#version = null;
  }

  get #listEveryMs(): number | null {
    return this.#options.listEveryMs ?? null;
  }

  #leaveLive(): void {
    if (this.#state !== 'live') return;
    this.#state = 'behind';
    this.#currentAt = this.#options.clock.monotonic();
  }

  #stands(): void {
    this.#failure = null;
    this.#failed = 0;
    if (this.#state === 'live') return;
    this.#state = 'live';
    this.#options.onSettled();
  }

  /** Gives the time to wait, ms. */
  #react(error: ReadError, attempt: number): number {
    const { cache, random, onEnd, onSettled } = this.#options;
    const { action, end } = reactToEnd(error);
    this.#failure = error;
    this.#failed += 1;
    if (this.#failed === failedEnough) onSettled();
    onEnd(this.kind.kind, end, error);
    const asked = Math.min(error.retryAfterMs ?? 0, longestWaitMs);
    if (action === 'leave') {
      this.#version = null;
      cache.clear(this.kind.kind);
      const first = this.#state !== 'refused';
      this.#state = 'refused';
      if (first) onSettled();
      return Math.max(asked, backoffDelay(refusedPolicy, attempt, random));
    }
    if (action === 'relist') {
      const known = this.#version !== null;
      this.#version = null;
      if (known && attempt === 0) return asked;
    }
    return Math.max(asked, this.#backoff(attempt));
  }

  #backoff(attempt: number): number {
    return backoffDelay(this.#options.backoff, attempt, this.#options.random);
  }

  #resizePages(error: unknown): void {
    if (!(error instanceof ReadError)) return;
    if (error.failure === 'too_large') this.#pageSize = Math.max(pageSizes.fewest, Math.floor(this.#pageSize / 4));
    else if (error.status === 410) this.#pageSize = Math.min(pageSizes.most, this.#pageSize * 4);
  }
}

/** All objects of a kind in a cluster; of events those that may be about a fault. */
function collectionOf({ apiVersion, kind }: KindToRead): Collection {
  const path = resourcePath(apiVersion, kindFacts(kind)?.plural ?? '', null);
  // What is normal is nobody's fault, and the most of all events.
  return { apiVersion, kind, path, ...(kind === 'Event' ? { fieldSelector: 'type=Warning' } : {}) };
}
