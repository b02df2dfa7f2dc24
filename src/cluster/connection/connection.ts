import type { ConnectionStatus } from '../../domain/cluster-status.ts';
import type { ToolCaller, ToolResult } from '../../domain/ports.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import { backoffOf } from '../config.ts';
import { delay } from '../../lib/clock.ts';
import { problem } from '../../lib/problem.ts';
import { ConnectionFailure, type Outcome, outcomeOf } from '../mcp/outcome.ts';
import {
  type ClusterConnection,
  type ConnectedCluster,
  type ConnectionContext,
  type FirstRound,
  type McpCluster,
  shownEndpoint,
} from './context.ts';
import { FaultInlet, sweepAfterLossMs } from './inlet.ts';
import { type FailureReason, reactTo } from './reaction.ts';
import { decentMs, type Lasting, Session } from './session.ts';
import { ConnectionStateMachine } from './state.ts';
import { SweepSchedule } from '../sweep/schedule.ts';
import { ToolLanes } from './tool-lanes.ts';

/** A session that held so long was stable: the back-off begins anew, ms. */
const stableMs = 60_000;

/** The connection to one cluster: makes sessions for ever, one after another, and knows how it is. */
export class Connection implements ClusterConnection, ToolCaller {
  readonly tools: ToolCaller = this;
  /** Settles when the cluster was swept for the first time or the first attempt failed. */
  readonly firstRound: Promise<FirstRound>;
  readonly #lasting: Lasting;
  readonly #lanes = new ToolLanes();
  readonly #stop = new AbortController();
  readonly #closing = new Set<Promise<void>>();
  #settleFirstRound: (round: FirstRound) => void = () => {};
  #session: Session | null = null;
  #sessions = 0;
  #loop: Promise<void> | null = null;
  /** The last session was short and replaced at once. */
  #replaced = false;
  #lastReason: FailureReason | null = null;

  constructor(cluster: McpCluster, context: ConnectionContext) {
    const state = new ConnectionStateMachine(
      cluster.name,
      context.clock,
      context.events,
      context.heard?.(cluster.name),
    );
    const schedule = new SweepSchedule(context.clock);
    this.firstRound = new Promise((resolve) => (this.#settleFirstRound = resolve));
    this.#lasting = {
      cluster,
      context,
      state,
      schedule,
      inlet: new FaultInlet(cluster.name, context, state, schedule),
      tools: this,
      serverCluster: '',
      pushLosses: 0,
      unreadSince: null,
      onLooked: () => {
        this.#lastReason = null;
        this.#settleFirstRound({ swept: true });
      },
    };
  }

  get mode(): string {
    return this.cluster.mcp.mode;
  }

  get cluster(): McpCluster {
    return this.#lasting.cluster;
  }

  /** What is said of the cluster has changed, not the way to it. */
  describe(cluster: ConnectedCluster): void {
    const { mcp } = cluster;
    if (mcp !== null) this.#lasting.cluster = { ...cluster, mcp };
  }

  /** The server's own name for its cluster, part of fault ids; empty when it never told. */
  get serverCluster(): string {
    return this.#lasting.serverCluster;
  }

  status(): ConnectionStatus {
    return this.#lasting.state.status;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Unsubscribes, ends the session at the server and closes it; bounded by the session's own limit. */
  async stop(): Promise<void> {
    this.#stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'stopped' }));
    await this.#loop;
    await Promise.all(this.#closing);
    await this.#lasting.inlet.flush();
    this.#settleFirstRound({ swept: false });
  }

  /** Signals of this connection were lost: a sweep follows when one can be made. */
  lost(): void {
    this.#lasting.schedule.request(sweepAfterLossMs);
  }

  /** Somebody waits for what a sweep says: one follows, not more often than without push. */
  look(): void {
    this.#lasting.schedule.requestApart(this.#lasting.context.sweep.interval_without_push);
  }

  /** The store has room again. */
  resume(): void {
    this.#session?.resume();
  }

  /** @throws ReadError */
  async callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const { name: cluster } = this.cluster;
    return await this.#lanes.run(cluster, name, signal, () => {
      const session = this.#session;
      if (session === null) throw new ReadError('unreachable', `no connection to the MCP server of ${cluster}`);
      return session.callTool(name, args, signal);
    });
  }

  async #run(): Promise<void> {
    const { state, context } = this.#lasting;
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
      await delay(context.clock, waitMs, stop).catch(() => {});
    }
    if (state.status.state !== 'disconnected') state.transition('disconnected', { error: null });
  }

  /** One session from its making to its end. Never rejects. */
  async #attempt(): Promise<{ outcome: Outcome; livedMs: number }> {
    const { state, context } = this.#lasting;
    const { clock, handshakes } = context;
    const leave = await handshakes.enter();
    const session = new Session(this.#lasting, this.#stop.signal);
    let began: number | null = null;
    try {
      this.#stop.signal.throwIfAborted();
      state.transition('connecting');
      await session.open();
      leave();
      began = clock.monotonic();
      this.#session = session;
      if (this.#sessions > 0) state.countReconnect();
      this.#sessions += 1;
      state.transition('connected');
      return await session.run();
    } catch (error) {
      return { outcome: outcomeOf(error), livedMs: began === null ? 0 : clock.monotonic() - began };
    } finally {
      leave();
      this.#session = null;
      this.#closeBeside(session);
    }
  }

  /** The goodbye to an old session does not hold up the next one. */
  #closeBeside(session: Session): void {
    const closing = session.close(this.#stop.signal.aborted).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /**
   * Shows why the session ended and gives the time to wait before the next, ms. The only place that sets `failed`: to be
   * tried again always does, a new session only when the one before was short as well. Which reason and problem an
   * outcome has is the table of `reaction.ts`.
   */
  #fail(outcome: Outcome, attempt: number, livedMs: number): number {
    const { cluster, context, state } = this.#lasting;
    const { clock, connection, random, logger, metrics } = context;
    const { name } = cluster;
    const reaction = reactTo(outcome);
    metrics.failed(reaction.reason);
    const { message } = new ConnectionFailure(outcome);
    const error = problem(reaction.problem, message, { cluster: name, endpoint: shownEndpoint(cluster) });
    const fields = { cluster: name, reason: reaction.reason, code: error.code, detail: outcome.detail };
    // The same reason again and again is told once.
    if (reaction.reason === this.#lastReason) logger.debug(fields, 'connection failed again');
    else logger.warn(fields, 'connection failed');
    this.#lastReason = reaction.reason;
    // At once, but not again and again: a server that loses every session is left alone for a while.
    if (reaction.action === 'new_session' && (livedMs >= decentMs || !this.#replaced)) {
      this.#replaced = livedMs < decentMs;
      state.transition('disconnected', { error });
      return 0;
    }
    const backoff = backoffDelay(backoffOf(connection), reaction.action === 'retry_slowly' ? 30 : attempt, random);
    const waitMs = Math.max(backoff, reaction.notBeforeMs ?? 0);
    state.transition('failed', { error, retryAt: clock.now() + waitMs });
    return waitMs;
  }
}
