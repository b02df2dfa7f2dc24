import type { ToolCaller } from '../../domain/ports.ts';
import { linked, untilAborted } from '../../lib/abort.ts';
import { backoffDelay, type BackoffPolicy } from '../../lib/backoff.ts';
import { delay } from '../../lib/clock.ts';
import { type Problem, problem } from '../../lib/problem.ts';
import { type ConnectedCluster, type ConnectionContext, shownEndpoint } from './context.ts';
import type { ConnectionStateMachine } from './state.ts';
import { clusterProblems } from '../errors.ts';
import { ConnectionFailure, type Outcome } from '../mcp/outcome.ts';
import { reactToPush, type PushFailure, type PushPart } from './reaction.ts';
import type { Session } from './session.ts';
import { sweepOnce } from './sweep-task.ts';
import type { SweepSchedule } from './sweep-schedule.ts';

/** A session that held so long may be replaced at once, ms. */
export const decentMs = 5000;
/** A subscription that held so long was good: the next refusal begins with the shortest back-off. */
const goodSubscriptionMs = 60_000;

export interface Served {
  readonly cluster: ConnectedCluster;
  readonly context: ConnectionContext;
  readonly state: ConnectionStateMachine;
  readonly schedule: SweepSchedule;
  readonly backoff: BackoffPolicy;
  readonly tools: ToolCaller;
  /** Says whom to tell that nothing is pushed any more. */
  onPushLost(listener: (failure: PushFailure) => void): void;
  /** Sessions in a row that were replaced because push failed, without a time in which it was good. */
  readonly pushLosses: { inARow: number };
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
  /** `undecided` until push has come about or failed for the first time. */
  #push: 'undecided' | 'on' | 'off' = 'undecided';
  #failedSweeps = 0;
  /** This session has looked at the cluster. */
  #swept = false;
  /** What the last sweep could not list. */
  #unlisted = '';
  #pushLost: (failure: PushFailure) => void = () => {};
  /** Why there is no subscription although there should be one. */
  #refusal: Problem | null = null;

  constructor(served: Served, session: Session, signal: AbortSignal) {
    this.#served = served;
    this.#session = session;
    this.#signal = signal;
  }

  /** Resolves when this session is not to push; rejects when it cannot be used. */
  async keepSubscribed(): Promise<void> {
    const { cluster, context, state, schedule } = this.#served;
    schedule.clear();
    if (cluster.mcp.mode === 'sweep') {
      this.#push = 'off';
      schedule.request();
      return;
    }
    state.transition('subscribing');
    // Push is optional: when it is long in coming, even for ever, the cluster is looked at without it.
    if (cluster.mcp.mode === 'auto') schedule.request(context.times.pushFirstMs);
    for (let attempt = 0; ; attempt += 1) {
      const began = context.clock.monotonic();
      const failure = await this.#subscribed();
      const heldMs = context.clock.monotonic() - began;
      if (heldMs > goodSubscriptionMs) attempt = 0;
      await delay(context.clock, await this.#withoutPush(failure, heldMs, attempt), this.#signal);
    }
  }

  /** Goes on by sweeps; gives the time until push is tried again, ms. @throws ConnectionFailure when the session is over */
  async #withoutPush(failure: PushFailure, heldMs: number, attempt: number): Promise<number> {
    const { cluster, context, schedule, backoff, pushLosses } = this.#served;
    const { outcome, part } = failure;
    const { mode } = cluster.mcp;
    if (mode === 'auto' && !isRefusal(outcome)) await this.#session.confirm(this.#signal);
    if (this.#push === 'on' && heldMs >= decentMs && this.#swept) pushLosses.inARow = 0;
    const reaction = reactToPush(failure, mode, pushLosses.inARow);
    if (reaction.action !== 'sweep' && reaction.action !== 'sweep_and_resubscribe') {
      pushLosses.inARow += 1;
      throw new ConnectionFailure(outcome);
    }
    const fields = { cluster: cluster.name, part, reason: reaction.reason, detail: outcome.detail };
    if (attempt === 0) context.logger.info(fields, 'no push; sweeping');
    else context.logger.debug(fields, 'still no push; sweeping');
    this.#push = 'off';
    schedule.request();
    if (reaction.action === 'sweep') {
      this.#session.stopListening();
      this.#showNoPush(null);
      return jittered(context.times.pushAgainMs, context.random);
    }
    const { message } = new ConnectionFailure(outcome);
    const said = { cluster: cluster.name, endpoint: shownEndpoint(cluster) };
    this.#showNoPush(problem(reaction.problem, `${partNames[part]}: ${message}`, said));
    return Math.max(backoffDelay(backoff, attempt, context.random), reaction.notBeforeMs ?? 0);
  }

  #showNoPush(refusal: Problem | null): void {
    const { state } = this.#served;
    this.#refusal = refusal;
    if (state.status.state === 'active') state.annotate({ source: 'sweep', error: refusal });
  }

  /** Subscribes and holds it; resolves with what ended or refused it. */
  async #subscribed(): Promise<PushFailure> {
    const { state, schedule } = this.#served;
    const lost = new Promise<PushFailure>((resolve) => (this.#pushLost = resolve));
    this.#served.onPushLost((failure) => this.#pushLost(failure));
    const subscribed = await this.#session.subscribe(this.#signal);
    if ('failure' in subscribed) return subscribed.failure;
    this.#served.setServerCluster(subscribed.answer.cluster);
    this.#push = 'on';
    this.#refusal = null;
    if (state.status.state === 'active') state.annotate({ source: 'push', error: null });
    else state.transition('active', { source: 'push' });
    // What happened before this moment, or while nobody listened, is never pushed.
    schedule.request();
    return await untilAborted(lost, this.#signal);
  }

  async keepSwept(): Promise<never> {
    const { context, schedule } = this.#served;
    for (;;) {
      await schedule.next(this.#signal);
      const { interval, interval_without_push: without } = context.sweep;
      // Taken before the sweep: the interval is from start to start, and what is asked for meanwhile stays asked for.
      const again = this.#push === 'on' ? interval : Math.min(interval, without);
      await this.#checkSubscription();
      await this.#sweep(again);
    }
  }

  /** The server drops a subscription that it could not deliver to, and does not say so (PROTOCOL.md section 1). */
  async #checkSubscription(): Promise<void> {
    if (this.#push !== 'on' || this.#served.state.status.lastSweep === null) return;
    const served = await this.#session.subscriptionServed(this.#signal);
    this.#signal.throwIfAborted();
    if (served !== false) return;
    const detail = 'the server no longer lists the subscription, or lists it as degraded';
    this.#pushLost({ part: 'subscription', outcome: { kind: 'degraded', detail } });
  }

  async #sweep(intervalMs: number): Promise<void> {
    const { cluster, context, state, schedule, tools } = this.#served;
    const end = await sweepOnce(cluster.name, tools, this.#served.serverCluster(), context, this.#signal);
    if (end.kind === 'accepted') {
      this.#failedSweeps = 0;
      this.#swept = true;
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
    if (this.#push === 'off') throw new ConnectionFailure(outcome);
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

/** An answer to the request itself: the session is there. */
function isRefusal(outcome: Outcome): boolean {
  return ['tool_absent', 'subscribe_refused', 'degraded', 'protocol_error'].includes(outcome.kind);
}

const partNames: Record<PushPart, string> = {
  stream: 'the stream of notifications (GET)',
  level: 'logging/setLevel',
  subscription: 'events_subscribe',
};

/** Sweeps of many clusters that began together should not stay together. */
function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.9 + 0.1 * random()));
}
