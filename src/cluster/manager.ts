import type { ConnectionStatus } from '../domain/cluster-status.ts';
import type { FaultSignal, InvalidSignal } from '../domain/fault.ts';
import type { ToolCaller } from '../domain/ports.ts';
import type { IntakeStore } from '../domain/state-store.ts';
import type { ApiAccess } from '../kube/credential/api-access.ts';
import type { CollectionLimits } from '../kube/read/collection.ts';
import { delay } from '../lib/clock.ts';
import { errorText } from '../lib/problem.ts';
import { AnswerBudget } from './mcp/answer.ts';
import { Connection } from './connection/connection.ts';
import {
  type ClusterConnection,
  type ConnectedCluster,
  type ConnectionContext,
  type SessionTimes,
  sessionTimes,
} from './connection/context.ts';
import { IntakeQueue } from './connection/intake-queue.ts';
import type { Heard } from './connection/state.ts';
import { StartGate } from './connection/start-gate.ts';
import type { WatchContext, WatchedCluster, WatchMetrics } from './watch/context.ts';
import { WatchConnection } from './watch/watch-connection.ts';

/** Memory for answers that are being read, over all clusters, bytes. */
const answerBudgetBytes = 256 * 1024 * 1024;
/** Handshakes that begin together; a slow one gives its place back after a moment. */
const handshakesAtOnce = 128;
const handshakeHoldMs = 250;
/** Sweeps that begin together; the same. */
const sweepsAtOnce = 16;
const sweepHoldMs = 500;
/** Lists of watches that begin together; the same. */
const listsAtOnce = 8;
const listHoldMs = 10_000;
/** A store that cannot be written is asked again after so long, ms. */
const storeRetryMs = 1000;

export interface ClusterManagerOptions extends Pick<
  ConnectionContext,
  'sweeper' | 'agents' | 'clock' | 'random' | 'events' | 'heard' | 'logger' | 'metrics' | 'version' | 'credential'
> {
  readonly clusters: readonly ConnectedCluster[];
  /** As they are configured now; a session keeps the bounds that it began with. */
  readonly settings: () => Pick<ConnectionContext, 'connection' | 'sweep' | 'faultBurst'>;
  readonly store: Pick<IntakeStore, 'accept' | 'acceptSweep' | 'activeFaults' | 'countThrottled' | 'serverCluster'>;
  /** The API of a cluster that is watched. @throws ProblemError for a kubeconfig that cannot be used */
  openApi(cluster: WatchedCluster): Promise<ApiAccess>;
  readonly watchMetrics: WatchMetrics;
  /** Differ from the defaults in tests only. */
  readonly times?: Partial<SessionTimes>;
  readonly collection?: Partial<CollectionLimits>;
}

/** One connection a cluster; what they hear goes to the store in fair batches. */
export class ClusterManager {
  readonly #options: ClusterManagerOptions;
  readonly #context: ConnectionContext & WatchContext;
  readonly #queue: IntakeQueue;
  readonly #connections = new Map<string, ClusterConnection>();
  /** What was heard of clusters whose connections are being made anew. */
  readonly #replaced = new Map<string, Heard>();
  #started = false;
  #stopping: Promise<void> | null = null;

  constructor(options: ClusterManagerOptions) {
    this.#options = options;
    this.#queue = new IntakeQueue(
      (batch) => this.#accept(batch),
      (cluster) => this.#connections.get(cluster)?.resume(),
    );
    const { settings, heard } = options;
    this.#context = {
      ...options,
      get connection() {
        return settings().connection;
      },
      get sweep() {
        return settings().sweep;
      },
      get faultBurst() {
        return settings().faultBurst;
      },
      get times() {
        return { ...sessionTimes(settings().connection.ping_interval), ...options.times };
      },
      heard: (cluster) => this.#replaced.get(cluster) ?? heard?.(cluster),
      handshakes: new StartGate(handshakesAtOnce, handshakeHoldMs, options.clock),
      sweeps: new StartGate(sweepsAtOnce, sweepHoldMs, options.clock),
      lists: new StartGate(listsAtOnce, listHoldMs, options.clock),
      budget: new AnswerBudget(answerBudgetBytes),
      queue: this.#queue,
    };
    for (const cluster of options.clusters) this.add(cluster);
  }

  /** Begins to connect; does not wait for anybody. */
  start(): void {
    this.#started = true;
    for (const connection of this.#connections.values()) connection.start();
  }

  /** Ends every session politely, then hands what was heard to the store. A second call gets the same promise. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  statuses(): readonly ConnectionStatus[] {
    return [...this.#connections.values()].map((connection) => connection.status());
  }

  /** For the metrics: the statuses with what is configured. */
  fleet(): readonly (ConnectionStatus & {
    readonly described: { name: string; environment: string | null; mode: string; triageEnabled: boolean };
  })[] {
    return [...this.#connections.values()].map((connection) => {
      const { name, environment, triageEnabled } = connection.cluster;
      return { ...connection.status(), described: { name, environment, mode: connection.mode, triageEnabled } };
    });
  }

  /** Asks for a sweep of a cluster soon. Nothing happens when there is no such cluster. */
  look(cluster: string): void {
    this.#connections.get(cluster)?.look();
  }

  /** Objects that watches keep of all clusters. */
  watchedObjects(): number {
    return [...this.#connections.values()].reduce((sum, { objects }) => sum + (objects ?? 0), 0);
  }

  /** The read tools of a cluster's server, null when it has none or no such cluster is configured. */
  toolsOf(cluster: string): ToolCaller | null {
    return this.#connections.get(cluster)?.tools ?? null;
  }

  /** The server's own name for a cluster, part of the ids of its faults; empty when unknown. */
  serverClusterOf(cluster: string): string {
    return this.#connections.get(cluster)?.serverCluster ?? '';
  }

  /** Resolves when each cluster was swept once or its first attempt failed: the names of those that were not swept. */
  async firstRound(): Promise<readonly string[]> {
    const rounds = [...this.#connections].map(async ([name, connection]) => ({
      name,
      ...(await connection.firstRound),
    }));
    return (await Promise.all(rounds)).filter((round) => !round.swept).map((round) => round.name);
  }

  /** @throws Error when there is a cluster of that name */
  add(cluster: ConnectedCluster): void {
    if (this.#connections.has(cluster.name)) throw new Error(`there is a cluster ${cluster.name} already`);
    const connection = connectionTo(cluster, this.#context);
    this.#connections.set(cluster.name, connection);
    if (this.#started) connection.start();
  }

  /** Ends the connection of a cluster, and hands what it heard to the store; the others are not touched. */
  async remove(name: string): Promise<void> {
    const connection = this.#connections.get(name);
    this.#connections.delete(name);
    this.#options.sweeper.forget?.(name);
    await connection?.stop();
    await this.#queue.drained();
  }

  /** Ends the connection of a cluster and makes a new one: the way to it has changed. */
  async replace(cluster: ConnectedCluster): Promise<void> {
    const { name } = cluster;
    const status = this.#connections.get(name)?.status();
    await this.remove(name);
    if (this.#stopping !== null) return;
    // The new one counts on.
    if (status !== undefined) this.#replaced.set(name, status);
    this.add(cluster);
    this.#replaced.delete(name);
  }

  /** Takes over what is said of a cluster; its connection stays as it is, and so must the way to it. */
  describe(cluster: ConnectedCluster): void {
    this.#connections.get(cluster.name)?.describe(cluster);
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.stop()));
    await this.#queue.drained();
  }

  /** Never rejects: what cannot be stored is counted, and a sweep of its cluster follows. */
  async #accept(batch: readonly (FaultSignal | InvalidSignal)[]): Promise<void> {
    const { store, clock, logger, metrics } = this.#options;
    try {
      await store.accept(batch, clock.now());
    } catch (error) {
      metrics.dropped('store_unavailable', batch.length);
      logger.error(
        { faults: batch.length, error: errorText(error) },
        'faults could not be stored; a sweep will follow',
      );
      for (const cluster of new Set(batch.map((signal) => signal.cluster))) this.#connections.get(cluster)?.lost();
      // The streams are held meanwhile, so that not everything that comes is lost.
      if (this.#stopping === null) await delay(clock, storeRetryMs);
    }
  }
}

/** By what the cluster has. */
function connectionTo(cluster: ConnectedCluster, context: ConnectionContext & WatchContext): ClusterConnection {
  const { mcp, watch } = cluster;
  if (watch) return new WatchConnection({ ...cluster, watch }, context);
  if (mcp !== null) return new Connection({ ...cluster, mcp }, context);
  throw new Error(`cluster ${cluster.name} has neither an MCP server nor a watch`);
}
