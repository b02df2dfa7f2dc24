import type { ToolCaller } from '../domain/ports.ts';
import { linked, untilAborted } from '../lib/abort.ts';
import { backoffDelay, type BackoffPolicy } from '../lib/backoff.ts';
import { delay } from '../lib/clock.ts';
import { type Problem, problem } from '../lib/problem.ts';
import type { ConnectedCluster, ConnectionContext } from './connection-context.ts';
import type { ConnectionStateMachine } from './connection-state.ts';
import { clusterProblems } from './errors.ts';
import { ConnectionFailure, type Outcome, outcomeOf } from './outcome.ts';
import { reactTo } from './reaction.ts';
import type { Session } from './session.ts';
import { sweepOnce } from './sweep-task.ts';
import type { SweepSchedule } from './sweep-schedule.ts';

/** A subscription that held so long was good: the next refusal begins with the shortest back-off. */
const goodSubscriptionMs = 60_000;

export interface Served {
  readonly cluster: ConnectedCluster;
  readonly context: ConnectionContext;
  readonly state: ConnectionStateMachine;
  readonly schedule: SweepSchedule;
  readonly backoff: BackoffPolicy;
  readonly tools: ToolCaller;
  /** Says whom to tell that the subscription delivers nothing any more. */
  setDegraded(listener: (detail: string) => void): void;
  /** The server's own name for its cluster, as its last answer to a subscription told it, in this session or before. */
  serverCluster(): string;
  setServerCluster(name: string): void;
  /** The first sweep of this session is in the store. */
  onSwept(): void;
}

/**
 * Makes use of a session until it ends: keeps a subscription (or finds that there is none to be had), sweeps after each
 * subscription and at the interval. Never returns; rejects with the ConnectionFailure that ended the session.
 */
export async function serveSession(served: Served, session: Session, stop: AbortSignal): Promise<never> {
  const over = linked(stop);
  void session.ended.then((outcome) => over.abort(new ConnectionFailure(outcome)));
  const service = new SessionService(served, session, over.signal);
  try {
    await untilAborted(Promise.all([service.keepSubscribed(), service.keepSwept()]), over.signal);
    throw new Error('unreachable');
  } catch (error) {
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    over.letGo();
    over.abort(new ConnectionFailure({ kind: 'closed', detail: 'the session ended' }));
  }
}

class SessionService {
  readonly #served: Served;
  readonly #session: Session;
  readonly #signal: AbortSignal;
  #pushing = false;
  #failedSweeps = 0;
  /** What the last sweep could not list. */
  #unlisted = '';
  #degraded: (detail: string) => void = () => {};
  /** Why there is no subscription although there should be one. */
  #refusal: Problem | null = null;

  constructor(served: Served, session: Session, signal: AbortSignal) {
    this.#served = served;
    this.#session = session;
    this.#signal = signal;
  }

  /** Resolves when this session will not push; rejects when it cannot be used. */
  async keepSubscribed(): Promise<void> {
    const { cluster, context, state, schedule, backoff } = this.#served;
    schedule.clear();
    if (cluster.mcp.mode === 'sweep') {
      schedule.request();
      return;
    }
    state.transition('subscribing');
    for (let attempt = 0; ; attempt += 1) {
      const began = context.clock.monotonic();
      const outcome = await this.#subscribed();
      if (context.clock.monotonic() - began > goodSubscriptionMs) attempt = 0;
      const reaction = reactTo(outcome, cluster.mcp.mode);
      if (reaction.action !== 'sweep' && reaction.action !== 'sweep_and_resubscribe')
        throw new ConnectionFailure(outcome);
      context.logger.info(
        { cluster: cluster.name, reason: reaction.reason, detail: outcome.detail },
        'no push; sweeping',
      );
      this.#pushing = false;
      if (reaction.action === 'sweep') {
        this.#session.stopListening();
        schedule.request();
        return;
      }
      this.#refusal = problem(reaction.problem, outcome.detail, { cluster: cluster.name });
      if (state.status.state === 'active') state.annotate({ source: 'sweep', error: this.#refusal });
      schedule.request();
      await delay(context.clock, backoffDelay(backoff, attempt, context.random), this.#signal);
    }
  }

  /** Subscribes and holds it; resolves with what ended or refused it. */
  async #subscribed(): Promise<Outcome> {
    const { state, schedule } = this.#served;
    const degraded = new Promise<string>((resolve) => (this.#degraded = resolve));
    this.#served.setDegraded((detail) => this.#degraded(detail));
    try {
      const answer = await this.#session.subscribe(this.#signal);
      this.#served.setServerCluster(answer.cluster);
    } catch (error) {
      this.#signal.throwIfAborted();
      return outcomeOf(error);
    }
    this.#pushing = true;
    this.#refusal = null;
    if (state.status.state === 'active') state.annotate({ source: 'push', error: null });
    else state.transition('active', { source: 'push' });
    // What happened before this moment, or while nobody listened, is never pushed.
    schedule.request();
    const detail = await untilAborted(degraded, this.#signal);
    return { kind: 'degraded', detail };
  }

  async keepSwept(): Promise<never> {
    const { context, schedule } = this.#served;
    for (;;) {
      await schedule.next(this.#signal);
      const { interval, interval_without_push: without } = context.sweep;
      // Taken before the sweep: the interval is from start to start, and what is asked for meanwhile stays asked for.
      const again = this.#pushing ? interval : Math.min(interval, without);
      await this.#checkSubscription();
      await this.#sweep(again);
    }
  }

  /** The server drops a subscription that it could not deliver to, and does not say so (PROTOCOL.md section 1). */
  async #checkSubscription(): Promise<void> {
    if (!this.#pushing || this.#served.state.status.lastSweep === null) return;
    const served = await this.#session.subscriptionServed(this.#signal);
    this.#signal.throwIfAborted();
    if (served === false) this.#degraded('the server no longer lists the subscription, or lists it as degraded');
  }

  async #sweep(intervalMs: number): Promise<void> {
    const { cluster, context, state, schedule, tools } = this.#served;
    const end = await sweepOnce(cluster.name, tools, this.#served.serverCluster(), context, this.#signal);
    if (end.kind === 'accepted') {
      this.#failedSweeps = 0;
      state.swept();
      this.#looked();
      this.#tellUnlisted(end.unlisted);
      schedule.request(jittered(intervalMs, context.random));
      return;
    }
    const wait = backoffDelay(this.#served.backoff, this.#failedSweeps, context.random);
    this.#failedSweeps += 1;
    schedule.request(Math.min(intervalMs, wait));
    if (end.kind === 'not_stored') {
      context.logger.warn({ cluster: cluster.name, error: end.detail }, 'sweep could not be stored');
      this.#looked();
      return;
    }
    const outcome: Outcome = { kind: 'sweep_failed', detail: end.detail };
    // Without push a sweep is all there is: a cluster that cannot be swept is not being watched.
    if (!this.#pushing) throw new ConnectionFailure(outcome);
    context.logger.warn({ cluster: cluster.name, error: end.detail }, 'sweep failed');
    state.annotate({ error: problem(clusterProblems.sweepFailed, end.detail, { cluster: cluster.name }) });
  }

  /** A cluster of which a part is never looked at is not well watched, and says so; why there is no push goes first. */
  #tellUnlisted(unlisted: readonly string[]): void {
    const { cluster, context, state } = this.#served;
    const detail = unlisted.join('; ');
    if (detail !== '' && detail !== this.#unlisted) {
      context.logger.warn({ cluster: cluster.name, unlisted }, 'the sweep cannot read everything');
    }
    this.#unlisted = detail;
    if (this.#refusal !== null) return;
    const fields = { cluster: cluster.name };
    state.annotate({ error: detail === '' ? null : problem(clusterProblems.sweepPartial, detail, fields) });
  }

  /** The cluster could be looked at. */
  #looked(): void {
    const { state } = this.#served;
    if (state.status.state !== 'active') state.transition('active', { source: 'sweep', error: this.#refusal });
    this.#served.onSwept();
  }
}

/** Sweeps of many clusters that began together should not stay together. */
function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.9 + 0.1 * random()));
}
