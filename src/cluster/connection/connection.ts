import type { ConnectionStatus } from '../../domain/cluster-status.ts';
import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';
import type { ToolCaller, ToolResult } from '../../domain/ports.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import { delay } from '../../lib/clock.ts';
import { problem } from '../../lib/problem.ts';
import { type ConnectedCluster, type ConnectionContext, shownEndpoint } from './context.ts';
import { ConnectionStateMachine } from './state.ts';
import { faultSignal, invalidSignal } from './fault-message.ts';
import type { McpEndpoint } from '../mcp/http.ts';
import type { TransportListener } from '../mcp/transport.ts';
import { NotificationGate } from './notification-gate.ts';
import { ConnectionFailure, type Outcome, outcomeOf } from '../mcp/outcome.ts';
import { type FailureReason, reactTo, type PushFailure } from './reaction.ts';
import { decentMs, type Served, serveSession } from './serve-session.ts';
import { openSession } from './open-session.ts';
import type { Session } from './session.ts';
import { SweepSchedule } from './sweep-schedule.ts';
import { ThrottleReport } from './throttle-report.ts';
import { TokenBucket } from './token-bucket.ts';
import { ToolLanes } from './tool-lanes.ts';

/** A session that held so long was stable: the back-off begins anew, ms. */
const stableMs = 60_000;
/** After faults were thrown away: time for a flood to end before the sweep, ms. */
const sweepAfterLossMs = 5000;
/** Messages that cannot be used, a second, that are listed one by one. */
const invalidPerSecond = 10;

/** How the first attempt of a cluster ended: looked at, or not, and why. */
export type FirstRound = { readonly swept: boolean };

/** The connection to one cluster: makes sessions for ever, one after another, and knows how it is. */
export class Connection implements ToolCaller {
  /** Settles when the cluster was swept for the first time or the first attempt failed. */
  readonly firstRound: Promise<FirstRound>;
  /** The server's own name for its cluster, part of fault ids; empty when it never told. */
  serverCluster = '';
  readonly #cluster: ConnectedCluster;
  readonly #context: ConnectionContext;
  readonly #state: ConnectionStateMachine;
  readonly #schedule: SweepSchedule;
  readonly #gate: NotificationGate;
  readonly #invalids: TokenBucket;
  readonly #throttled: ThrottleReport;
  readonly #lanes = new ToolLanes();
  readonly #stop = new AbortController();
  readonly #closing = new Set<Promise<void>>();
  #settleFirstRound: (round: FirstRound) => void = () => {};
  #onPushLost: (failure: PushFailure) => void = () => {};
  readonly #pushLosses = { inARow: 0 };
  #session: Session | null = null;
  #sessions = 0;
  #loop: Promise<void> | null = null;
  /** The last session was short and replaced at once. */
  #replaced = false;
  #lastReason: FailureReason | null = null;

  constructor(cluster: ConnectedCluster, context: ConnectionContext) {
    this.#cluster = cluster;
    this.#context = context;
    const { clock, connection, events } = context;
    this.#state = new ConnectionStateMachine(
      cluster.name,
      () => clock.now(),
      (status) => events.emit('connection:changed', status),
    );
    this.#schedule = new SweepSchedule(clock);
    this.#gate = new NotificationGate(connection.max_faults_per_second, clock);
    this.#invalids = new TokenBucket(invalidPerSecond, () => clock.monotonic());
    this.#throttled = new ThrottleReport(cluster.name, context, () => this.#schedule.request(sweepAfterLossMs));
    this.firstRound = new Promise((resolve) => (this.#settleFirstRound = resolve));
  }

  get cluster(): ConnectedCluster {
    return this.#cluster;
  }

  status(): ConnectionStatus {
    return this.#state.status;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Unsubscribes, ends the session at the server and closes it; bounded by the session's own limit. */
  async stop(): Promise<void> {
    this.#stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'stopped' }));
    await this.#loop;
    await Promise.all(this.#closing);
    await this.#throttled.flush();
    this.#settleFirstRound({ swept: false });
  }

  /** Signals of this connection were lost: a sweep follows when one can be made. */
  lost(): void {
    this.#schedule.request(sweepAfterLossMs);
  }

  /** The store has room again. */
  resume(): void {
    this.#session?.resume();
  }

  /** @throws ReadError */
  async callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const { name: cluster } = this.#cluster;
    return await this.#lanes.run(cluster, name, signal, () => {
      const session = this.#session;
      if (session === null) throw new ReadError('unreachable', `no connection to the MCP server of ${cluster}`);
      return session.callTool(name, args, signal);
    });
  }

  async #run(): Promise<void> {
    const { clock } = this.#context;
    const stop = this.#stop.signal;
    let attempt = 0;
    while (!stop.aborted) {
      const { outcome, livedMs } = await this.#attempt();
      if (stop.aborted) break;
      if (livedMs >= stableMs) {
        attempt = 0;
        this.#replaced = false;
      }
      const waitMs = this.#fail(outcome, attempt, livedMs);
      this.#settleFirstRound({ swept: false });
      attempt = waitMs === 0 ? attempt : attempt + 1;
      await delay(clock, waitMs, stop).catch(() => {});
    }
    if (this.#state.status.state !== 'disconnected') this.#state.transition('disconnected', { error: null });
  }

  /** One session from its making to its end. Never rejects. */
  async #attempt(): Promise<{ outcome: Outcome; livedMs: number }> {
    const { clock, handshakes } = this.#context;
    const leave = await handshakes.enter();
    let session: Session | null = null;
    let began = clock.monotonic();
    try {
      this.#stop.signal.throwIfAborted();
      this.#state.transition('connecting');
      session = await this.#open();
      leave();
      began = clock.monotonic();
      this.#session = session;
      if (this.#sessions > 0) this.#state.countReconnect();
      this.#sessions += 1;
      this.#state.transition('connected');
      return await serveSession(this.#served(), session, this.#stop.signal);
    } catch (error) {
      return { outcome: outcomeOf(error), livedMs: session === null ? 0 : clock.monotonic() - began };
    } finally {
      leave();
      this.#session = null;
      if (session !== null) this.#closeBeside(session);
    }
  }

  #open(): Promise<Session> {
    const { connection, dispatchers, budget, times, clock, version } = this.#context;
    const { mcp } = this.#cluster;
    const endpoint: McpEndpoint = {
      url: new URL(mcp.endpoint),
      headers: { ...mcp.headers, ...(mcp.api_key === undefined ? {} : { authorization: `Bearer ${mcp.api_key}` }) },
      dispatcher: dispatchers.dispatcherFor(mcp),
      limits: { maxMessage: connection.max_message, maxResponse: connection.max_response },
      budget,
    };
    const { transport } = mcp;
    const options = { endpoint, transport, gate: this.#gate, events: this.#listener(), times, clock, version };
    return openSession(options, this.#stop.signal);
  }

  /** The goodbye to an old session does not hold up the next one. */
  #closeBeside(session: Session): void {
    const closing = session.close(this.#stop.signal.aborted).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #listener(): Omit<TransportListener, 'ended'> {
    const { name } = this.#cluster;
    const { clock } = this.#context;
    const deliver = (signal: FaultSignal | InvalidSignal): boolean => this.#context.deliver(signal);
    return {
      fault: (data) => {
        this.#state.countEvents(1);
        return deliver(faultSignal(name, data, clock.now()));
      },
      throttled: (count) => {
        this.#state.countEvents(count);
        this.#throttled.add(count);
      },
      invalid: (reason, excerpt) => {
        // What a message held may have been a fault: look.
        this.#schedule.request(sweepAfterLossMs);
        if (this.#invalids.take()) deliver(invalidSignal(name, reason, excerpt, clock.now()));
        else this.#throttled.add(1);
      },
      degraded: (data) => {
        const said = data !== null && typeof data === 'object' ? (data as { error?: unknown }).error : null;
        const detail = typeof said === 'string' ? said.slice(0, 200) : 'the server reports a degraded subscription';
        this.#onPushLost({ part: 'subscription', outcome: { kind: 'degraded', detail } });
      },
      streamEnded: (outcome) => this.#onPushLost({ part: 'stream', outcome }),
    };
  }

  #served(): Served {
    const { connection } = this.#context;
    const onPushLost = (listener: (failure: PushFailure) => void): void => {
      this.#onPushLost = listener;
    };
    return {
      cluster: this.#cluster,
      context: this.#context,
      state: this.#state,
      schedule: this.#schedule,
      backoff: { initialMs: connection.backoff_initial, maxMs: connection.backoff_max },
      tools: this,
      onPushLost,
      pushLosses: this.#pushLosses,
      serverCluster: () => this.serverCluster,
      setServerCluster: (name) => {
        this.serverCluster = name;
      },
      onSwept: () => {
        this.#lastReason = null;
        this.#settleFirstRound({ swept: true });
      },
    };
  }

  /** Shows why the session ended and gives the time to wait before the next, ms. */
  #fail(outcome: Outcome, attempt: number, livedMs: number): number {
    const { clock, connection, random, logger, metrics } = this.#context;
    const { name, mcp } = this.#cluster;
    const reaction = reactTo(outcome, mcp.mode);
    metrics.failed(reaction.reason);
    const error = problem(reaction.problem, messageOf(outcome), {
      cluster: name,
      endpoint: shownEndpoint(this.#cluster),
    });
    const fields = { cluster: name, reason: reaction.reason, code: error.code, detail: outcome.detail };
    // The same reason again and again is told once.
    if (reaction.reason === this.#lastReason) logger.debug(fields, 'connection failed again');
    else logger.warn(fields, 'connection failed');
    this.#lastReason = reaction.reason;
    // At once, but not again and again: a server that loses every session is left alone for a while.
    if (reaction.action === 'new_session' && (livedMs >= decentMs || !this.#replaced)) {
      this.#replaced = livedMs < decentMs;
      this.#state.transition('disconnected', { error });
      return 0;
    }
    const policy = { initialMs: connection.backoff_initial, maxMs: connection.backoff_max };
    const slowly = reaction.action === 'retry_slowly' || reaction.action === 'fail';
    const backoff = backoffDelay(policy, slowly ? 30 : attempt, random);
    const waitMs = Math.max(backoff, reaction.notBeforeMs ?? 0);
    this.#state.transition('failed', { error, retryAt: clock.now() + waitMs });
    return waitMs;
  }
}

function messageOf(outcome: Outcome): string {
  return new ConnectionFailure(outcome).message;
}
