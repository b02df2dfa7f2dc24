import type { ToolCaller, ToolResult } from '../../domain/ports.ts';
import { linked, onAbort, untilAborted } from '../../lib/abort.ts';
import { backoffDelay, type BackoffPolicy, jittered } from '../../lib/backoff.ts';
import { backoffOf } from '../config.ts';
import { delay } from '../../lib/clock.ts';
import { type Problem, problem } from '../../lib/problem.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { clusterProblems } from '../errors.ts';
import { type McpClient, openClient } from '../mcp/client.ts';
import { ConnectionFailure, type Outcome, outcomeOf } from '../mcp/outcome.ts';
import type { Speaker } from '../mcp/messages.ts';
import { type ConnectionContext, type McpCluster, endpointOf, shownEndpoint } from './context.ts';
import type { FaultInlet } from './inlet.ts';
import { isRefusal, meansSessionGone, partNames, type PushFailure, reactToPush } from './reaction.ts';
import { meetCluster } from './server-cluster.ts';
import type { ConnectionStateMachine } from './state.ts';
import { Subscription } from './subscription.ts';
import type { SweepSchedule } from '../sweep/schedule.ts';
import { type Look, sweepOnce } from './sweep-once.ts';

/** A session that held so long may be replaced at once, ms. */
export const decentMs = 5000;
/** A subscription that held so long was good: the next refusal begins with the shortest back-off, ms. */
const goodSubscriptionMs = 60_000;

/** What a connection keeps from one session to the next. */
export interface Lasting {
  cluster: McpCluster;
  readonly context: ConnectionContext;
  readonly state: ConnectionStateMachine;
  readonly schedule: SweepSchedule;
  readonly inlet: FaultInlet;
  readonly tools: ToolCaller;
  /** The server's own name for its cluster, part of fault ids; empty when it never told. */
  serverCluster: string;
  /** Sessions in a row that were replaced because push failed, without a time in which it was good. */
  pushLosses: number;
  /** Since when nothing of the cluster could be read, monotonic ms; null when the last sweep read something. */
  unreadSince: number | null;
  /** The cluster could be looked at. */
  onLooked(): void;
}

/** One session with the server of a cluster: keeps a subscription or does without, and sweeps, until it ends. */
export class Session implements Pick<Speaker, 'pushEnded' | 'ended'> {
  readonly #lasting: Lasting;
  readonly #backoff: BackoffPolicy;
  /** Aborted when the session is over, with why. */
  readonly #over;
  #client: McpClient | null = null;
  #subscription: Subscription | null = null;
  /** `undecided` until push has come about or failed for the first time. */
  #push: 'undecided' | 'on' | 'off' = 'undecided';
  #pushLost: (failure: PushFailure) => void = () => {};
  /** Why there is no subscription although there should be one. */
  #refusal: Problem | null = null;
  #failedSweeps = 0;
  /** This session has looked at the cluster. */
  #swept = false;
  /** What the last sweep could not list. */
  #unlisted = '';

  /** `stop`: when it is aborted the session is over. */
  constructor(lasting: Lasting, stop: AbortSignal) {
    this.#lasting = lasting;
    this.#backoff = backoffOf(lasting.context.connection);
    this.#over = linked(stop);
  }

  /** Makes the session at the server. @throws ConnectionFailure */
  async open(): Promise<void> {
    const { cluster, context, inlet } = this.#lasting;
    const { times, clock, version } = context;
    const endpoint = endpointOf(cluster, context);
    const options = { endpoint, transport: cluster.mcp.transport, inlet, owner: this, times, clock, version };
    this.#client = await openClient(options, this.#over.signal);
    this.#subscription = new Subscription(this.#client, times.requestMs);
  }

  /** Makes use of it until it ends. Never returns. @throws ConnectionFailure why it ended */
  async run(): Promise<never> {
    const { signal } = this.#over;
    const over = new Promise<never>((_resolve, reject) => void onAbort(signal, reject));
    try {
      await Promise.race([meetCluster(this.#client, this.#lasting, this, signal), over]);
      await Promise.all([this.#keepSubscribed(), this.#keepSwept(), over]);
      throw new Error('unreachable');
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      this.#over.abort(new ConnectionFailure({ kind: 'closed', detail: 'the session ended' }));
    }
  }

  /** @throws ConnectionFailure */
  async callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    if (this.#client === null) throw new ConnectionFailure({ kind: 'closed', detail: 'the session is being made' });
    try {
      return await this.#client.callTool(name, args, this.#lasting.context.times.toolMs, signal);
    } catch (error) {
      // The cluster cannot be watched without its tools.
      const outcome = outcomeOf(error);
      if (meansSessionGone(outcome)) this.ended(outcome);
      throw error;
    }
  }

  /** The store has room again. */
  resume(): void {
    this.#client?.resume();
  }

  /** Says goodbye, `politely` with the end of the subscription, and closes everything, within `endMs`. Never rejects. */
  async close(politely: boolean): Promise<void> {
    const { clock, times } = this.#lasting.context;
    const limit = timeLimit(clock, times.endMs, new AbortController().signal);
    try {
      if (politely) await this.#subscription?.end(limit.signal);
      await this.#client?.close(limit.signal);
    } finally {
      limit.letGo();
      this.#over.letGo();
    }
  }

  pushEnded(outcome: Outcome): void {
    this.#pushLost({ part: outcome.kind === 'degraded' ? 'subscription' : 'stream', outcome });
  }

  ended(outcome: Outcome): void {
    this.#over.abort(new ConnectionFailure(outcome));
  }

  /** Resolves when this session is not to push; rejects when it cannot be used. */
  async #keepSubscribed(): Promise<void> {
    const { cluster, context, state, schedule } = this.#lasting;
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
      await delay(context.clock, await this.#withoutPush(failure, heldMs, attempt), this.#over.signal);
    }
  }

  /** Subscribes and holds it; resolves with what ended or refused it. */
  async #subscribed(): Promise<PushFailure> {
    const { state, schedule } = this.#lasting;
    const { signal } = this.#over;
    const lost = new Promise<PushFailure>((resolve) => (this.#pushLost = resolve));
    const made = await this.#subscription?.make(signal);
    if (made === undefined) throw new ConnectionFailure({ kind: 'closed', detail: 'the session was never made' });
    if ('failure' in made) return made.failure;
    this.#lasting.serverCluster = made.answer.cluster;
    this.#push = 'on';
    this.#refusal = null;
    if (state.status.state === 'active') state.annotate({ source: 'push', error: null });
    // A subscription to a server that cannot read its cluster is no watch: a sweep has to succeed first.
    else if (!this.#isUnread()) state.transition('active', { source: 'push' });
    // What happened before this moment, or while nobody listened, is never pushed.
    schedule.request();
    return await untilAborted(lost, signal);
  }

  /** Goes on by sweeps; gives the time until push is tried again, ms. @throws ConnectionFailure when the session is over */
  async #withoutPush(failure: PushFailure, heldMs: number, attempt: number): Promise<number> {
    const { cluster, context, schedule } = this.#lasting;
    const { outcome, part } = failure;
    const { mode } = cluster.mcp;
    if (mode === 'auto' && !isRefusal(outcome)) await this.#confirm();
    if (this.#push === 'on' && heldMs >= decentMs && this.#swept) this.#lasting.pushLosses = 0;
    const reaction = reactToPush(failure, mode, this.#lasting.pushLosses);
    if (reaction.action !== 'sweep' && reaction.action !== 'sweep_and_resubscribe') {
      this.#lasting.pushLosses += 1;
      throw new ConnectionFailure(outcome);
    }
    const fields = { cluster: cluster.name, part, reason: reaction.reason, detail: outcome.detail };
    if (attempt === 0) context.logger.info(fields, 'no push; sweeping');
    else context.logger.debug(fields, 'still no push; sweeping');
    this.#push = 'off';
    schedule.request();
    if (reaction.action === 'sweep') {
      this.#client?.closeStream();
      this.#showNoPush(null);
      return jittered(context.times.pushAgainMs, context.random);
    }
    const { message } = new ConnectionFailure(outcome);
    const said = { cluster: cluster.name, endpoint: shownEndpoint(cluster) };
    this.#showNoPush(problem(reaction.problem, `${partNames[part]}: ${message}`, said));
    return Math.max(backoffDelay(this.#backoff, attempt, context.random), reaction.notBeforeMs ?? 0);
  }

  /** Asks whether requests are still answered. @throws ConnectionFailure when the session is gone */
  async #confirm(): Promise<void> {
    const outcome = (await this.#client?.ping(this.#over.signal)) ?? null;
    if (outcome !== null && meansSessionGone(outcome)) throw new ConnectionFailure(outcome);
  }

  #showNoPush(refusal: Problem | null): void {
    const { state } = this.#lasting;
    this.#refusal = refusal;
    if (state.status.state === 'active') state.annotate({ source: 'sweep', error: refusal });
  }

  async #keepSwept(): Promise<never> {
    const { context, schedule } = this.#lasting;
    for (;;) {
      await schedule.next(this.#over.signal);
      const { interval, interval_without_push: without } = context.sweep;
      // Taken before the sweep: the interval is from start to start, and what is asked for meanwhile stays asked for.
      const again = this.#push === 'on' ? interval : Math.min(interval, without);
      await this.#checkSubscription();
      await this.#sweep(again);
    }
  }

  readonly #look: Look = (serverCluster, active, signal) => {
    const { cluster, context, tools } = this.#lasting;
    return context.sweeper.run(cluster.name, tools, serverCluster, active, signal);
  };

  /** The server drops a subscription that it could not deliver to, and does not say so. */
  async #checkSubscription(): Promise<void> {
    if (this.#push !== 'on' || this.#lasting.state.status.lastSweep === null) return;
    const served = await this.#subscription?.isServed(this.#over.signal);
    this.#over.signal.throwIfAborted();
    if (served !== false) return;
    this.pushEnded({
      kind: 'degraded',
      detail: 'the server no longer lists the subscription, or lists it as degraded',
    });
  }

  async #sweep(intervalMs: number): Promise<void> {
    const { cluster, context, state, schedule, serverCluster } = this.#lasting;
    const end = await sweepOnce({ cluster, context, look: this.#look, serverCluster }, this.#over.signal);
    if (end.kind === 'accepted') {
      this.#failedSweeps = 0;
      this.#swept = true;
      this.#lasting.unreadSince = null;
      state.swept(end.received);
      // What was read is taken up; without push it is not enough to call the cluster watched.
      if (end.unwatched !== null && this.#push !== 'on')
        throw new ConnectionFailure({ kind: 'unwatched', detail: end.unwatched });
      this.#looked();
      this.#tellUnlisted(end.unlisted);
      schedule.request(jittered(intervalMs, context.random));
      return;
    }
    const wait = backoffDelay(this.#backoff, this.#failedSweeps, context.random);
    this.#failedSweeps += 1;
    schedule.request(Math.min(intervalMs, wait));
    if (end.kind === 'not_stored') {
      context.logger.warn({ cluster: cluster.name, error: end.detail }, 'sweep could not be stored');
      this.#looked();
      return;
    }
    this.#lasting.unreadSince ??= context.clock.monotonic();
    // Without push a sweep is all there is; with it, what is behind the server has been away for too long.
    if (this.#push === 'off' || this.#isUnread())
      throw new ConnectionFailure({ kind: 'sweep_failed', detail: end.detail });
    context.logger.warn({ cluster: cluster.name, error: end.detail }, 'sweep failed');
    state.annotate({ error: problem(clusterProblems.sweepFailed, end.detail, { cluster: cluster.name }) });
  }

  /** A cluster of which a part is never looked at is not well watched, and says so; why there is no push goes first. */
  #tellUnlisted(unlisted: readonly string[]): void {
    const { cluster, context, state } = this.#lasting;
    const detail = unlisted.join('; ');
    if (detail !== '' && detail !== this.#unlisted) {
      context.logger.warn({ cluster: cluster.name, unlisted }, 'the sweep cannot read everything');
    }
    this.#unlisted = detail;
    if (this.#refusal !== null) return;
    const fields = { cluster: cluster.name };
    state.annotate({ error: detail === '' ? null : problem(clusterProblems.sweepPartial, detail, fields) });
  }

  #looked(): void {
    const { state } = this.#lasting;
    const source = this.#push === 'on' ? 'push' : 'sweep';
    if (state.status.state !== 'active') state.transition('active', { source, error: this.#refusal });
    this.#lasting.onLooked();
  }

  /** Whether nothing of the cluster could be read for longer than a passing disturbance. */
  #isUnread(): boolean {
    const { unreadSince, context } = this.#lasting;
    return unreadSince !== null && context.clock.monotonic() - unreadSince >= context.times.unreadMs;
  }
}
