import type { ConnectionStatus } from '../../domain/cluster-status.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import { kindsToRead } from '../../kube/kinds.ts';
import { ApiReader } from '../../kube/read/api-reader.ts';
import { collectionLimits } from '../../kube/read/collection.ts';
import { linked, untilAborted } from '../../lib/abort.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import { backoffOf } from '../config.ts';
import { delay } from '../../lib/clock.ts';
import { errorText, type Problem, problem, ProblemError } from '../../lib/problem.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import type { ClusterConnection, ConnectedCluster, FirstRound } from '../connection/context.ts';
import { ConnectionStateMachine } from '../connection/state.ts';
import { watchProblems } from '../errors.ts';
import type { WatchContext, WatchedCluster } from './context.ts';
import { KindWatch } from './kind-watch.ts';
import { LookLoop } from './look-loop.ts';
import { WatchLooker } from './looker.ts';
import { cacheLimits, ObjectCache } from './object-cache.ts';
import { Pulse, ReplacedError } from './pulse.ts';
import { reactToEnd, type WatchEnd } from './reaction.ts';

/** A session that held so long was stable: the back-off begins anew, ms. */
const stableMs = 60_000;
/** Where a watch cannot be held each answer takes its time, and waits for others, ms. */
const slowAnswerMs = 120_000;
/** For asking the credential of reports which cluster it is for, ms. */
const compareMs = 5000;

/**
 * The connection to a cluster whose API itself is watched: sessions for ever, one after another. What is known of the
 * cluster outlives them, so that a new one goes on where the last one ended. Its states are those of any connection.
 */
export class WatchConnection implements ClusterConnection {
  readonly tools = null;
  readonly mode = 'watch';
  /** Nobody but us names the cluster; what an earlier server of it said is kept by the store. */
  readonly serverCluster = '';
  cluster: WatchedCluster;
  readonly firstRound: Promise<FirstRound>;
  readonly #context: WatchContext;
  readonly #state: ConnectionStateMachine;
  readonly #cache: ObjectCache;
  readonly #kinds: readonly KindWatch[];
  readonly #looks: LookLoop;
  readonly #pulse: Pulse;
  readonly #stop = new AbortController();
  #settleFirstRound: (round: FirstRound) => void = () => {};
  #access: ApiAccess | null = null;
  #loop: Promise<void> | null = null;
  #sessions = 0;
  #lastFailure = '';
  /** Another cluster has answered, and no session was stable since. */
  #replaced = false;

  constructor(cluster: WatchedCluster, context: WatchContext) {
    const { clock, random, connection } = context;
    this.cluster = cluster;
    this.#context = context;
    this.firstRound = new Promise((resolve) => (this.#settleFirstRound = resolve));
    this.#state = new ConnectionStateMachine(cluster.name, clock, context.events, context.heard?.(cluster.name));
    const { listEveryMs = null } = cluster.watch;
    const slow = listEveryMs === null ? {} : { answerMs: slowAnswerMs };
    this.#pulse = new Pulse({ clock, connection, ...slow });
    this.#cache = new ObjectCache(
      cacheLimits,
      () => clock.now(),
      () => this.#looks.changed(),
    );
    const options = {
      cache: this.#cache,
      limits: { ...collectionLimits, pageBytes: connection.max_response, ...slow, ...context.collection },
      listEveryMs,
      clock,
      random,
      backoff: backoffOf(connection),
      lists: context.lists,
      onEnd: (...[kind, end, error]: [string, WatchEnd, ReadError]) => this.#kindEnded(kind, end, error),
      onSettled: () => this.#looks.settled(),
      onEvents: (count: number) => context.watchMetrics.changed(count),
    };
    this.#kinds = kindsToRead.map((kind) => new KindWatch(kind, options));
    const kinds = new Map(this.#kinds.map((one) => [one.kind.kind as string, one]));
    const knowledge = (kind: string) => kinds.get(kind)?.knowledge() ?? { read: false, live: false, failure: null };
    const looker = new WatchLooker({ cluster: cluster.name, cache: this.#cache, knowledge, clock });
    this.#looks = new LookLoop({
      cluster,
      context,
      state: this.#state,
      cache: this.#cache,
      kinds: this.#kinds,
      looker,
      onLooked: () => {
        this.#lastFailure = '';
        this.#settleFirstRound({ swept: true });
      },
    });
  }

  describe({ name, environment, triageEnabled }: ConnectedCluster): void {
    this.cluster = { ...this.cluster, name, environment, triageEnabled };
  }

  /** Objects that are kept. */
  get objects(): number {
    return this.#cache.size;
  }

  status(): ConnectionStatus {
    return this.#state.status;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.#loop;
    this.#settleFirstRound({ swept: false });
  }

  /** What was found could not be stored: the whole cluster is looked at again. */
  lost(): void {
    this.#looks.again();
  }

  look(): void {
    this.#looks.soon();
  }

  /** Nothing of it waits for the store's room: what is there is looked at when it can be stored. */
  resume(): void {}

  async #run(): Promise<void> {
    const { clock } = this.#context;
    const stop = this.#stop.signal;
    let attempt = 0;
    while (!stop.aborted) {
      const began = clock.monotonic();
      const error = await this.#session();
      if (stop.aborted) break;
      if (clock.monotonic() - began >= stableMs) {
        attempt = 0;
        this.#replaced = false;
      }
      const waitMs = this.#fail(error, attempt);
      this.#settleFirstRound({ swept: false });
      attempt = waitMs === 0 ? attempt : attempt + 1;
      await delay(clock, waitMs, stop).catch(() => {});
    }
    if (this.#state.status.state !== 'disconnected') this.#state.transition('disconnected', { error: null });
  }

  /** From connecting to whatever ends it, which it gives. Never rejects. */
  async #session(): Promise<unknown> {
    const over = linked(this.#stop.signal);
    const { signal } = over;
    const tasks: Promise<never>[] = [];
    try {
      this.#state.transition('connecting');
      const access = await untilAborted(this.#open(), signal);
      const reader = new ApiReader(access, { timeoutMs: this.#pulse.limitMs });
      await this.#pulse.beat(access, reader, signal);
      await this.#compareClusters(signal);
      this.#state.transition('connected');
      if (this.#sessions > 0) this.#state.countReconnect();
      this.#sessions += 1;
      tasks.push(...this.#kinds.map((kind) => kind.run(access, signal)));
      tasks.push(this.#pulse.keep(access, reader, signal), this.#looks.run(reader, signal));
      return await Promise.race(tasks);
    } catch (error) {
      return error;
    } finally {
      over.abort(new Error('the session ended'));
      await Promise.allSettled(tasks);
      over.letGo();
    }
  }

  /** @throws ProblemError for a kubeconfig that cannot be used */
  async #open(): Promise<ApiAccess> {
    this.#access ??= await this.#context.openApi(this.cluster);
    return this.#access;
  }

  /** Reports are to be made of the cluster that is watched. Waits for that only a while. @throws ProblemError */
  async #compareClusters(signal: AbortSignal): Promise<void> {
    const { credential, clock } = this.#context;
    const { name } = this.cluster;
    const watched = this.#pulse.uid;
    if (credential === undefined || watched === null) return;
    const limit = timeLimit(clock, compareMs, signal);
    const own = await untilAborted(credential.uidOf(name, limit.signal), limit.signal)
      .catch(() => null)
      .finally(() => limit.letGo());
    signal.throwIfAborted();
    if (own === null || own === watched) return;
    const message = `kube-system has uid ${watched} where it is watched, and ${own} by triage.kubeconfig`;
    throw new ProblemError(watchProblems.wrongCluster, message, { fields: { cluster: name } });
  }

  /** Shows why the session ended; gives the time to wait before the next, ms. */
  #fail(error: unknown, attempt: number): number {
    const { clock, connection, random, logger, metrics } = this.#context;
    const { name } = this.cluster;
    if (error instanceof ReplacedError) {
      for (const kind of this.#kinds) kind.forget();
      // Again and again: several clusters answer at one address.
      const isNew = !this.#replaced;
      this.#replaced = true;
      if (isNew) {
        logger.warn({ cluster: name, detail: error.message }, 'another cluster answers; everything is listed anew');
        this.#state.transition('disconnected', { error: this.#shown(error).shown });
        return 0;
      }
    }
    const { shown, reason } = this.#shown(error);
    metrics.failed(reason);
    const fields = { cluster: name, reason, code: shown.code, detail: shown.message };
    // The same again and again is told once.
    if (this.#lastFailure === reason) logger.debug(fields, 'connection failed again');
    else logger.warn(fields, 'connection failed');
    this.#lastFailure = reason;
    const asked = error instanceof ReadError ? (error.retryAfterMs ?? 0) : 0;
    const backoff = backoffDelay(backoffOf(connection), attempt, random);
    const waitMs = Math.max(backoff, Math.min(asked, connection.backoff_max));
    this.#state.transition('failed', { error: shown, retryAt: clock.now() + waitMs });
    return waitMs;
  }

  #shown(error: unknown): { shown: Problem; reason: WatchEnd | 'kubeconfig' | 'internal' } {
    if (error instanceof ProblemError) return { shown: error.toProblem(), reason: 'kubeconfig' };
    const fields = { cluster: this.cluster.name, kubeconfig: this.cluster.watch.kubeconfig };
    if (error instanceof ReplacedError) {
      return { shown: problem(watchProblems.replaced, error.message, fields), reason: 'kubeconfig' };
    }
    if (error instanceof ReadError) {
      const { problem: kind, end } = reactToEnd(error);
      return { shown: error.problem ?? problem(kind, error.message, fields), reason: end };
    }
    return { shown: problem(watchProblems.serverError, errorText(error), fields), reason: 'internal' };
  }

  #kindEnded(kind: string, end: WatchEnd, error: ReadError): void {
    const { watchMetrics, logger } = this.#context;
    watchMetrics.ended(end);
    logger.debug({ cluster: this.cluster.name, kind, reason: end, detail: error.message }, 'the watch of a kind ended');
    // Is it this kind or the server?
    if (end === 'unreachable' || end === 'timeout' || end === 'unauthorized') this.#pulse.now();
  }
}
