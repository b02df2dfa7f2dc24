import type { ConnectionStatus } from '../../domain/cluster-status.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { ToolCaller } from '../../domain/ports.ts';
import type { IntakeStore } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/log.ts';
import type { AnswerBudget } from '../mcp/answer.ts';
import type { ClientTimes } from '../mcp/client.ts';
import type { McpEndpoint } from '../mcp/http.ts';
import type { IntakeQueue } from './intake-queue.ts';
import type { ConnectionConfig, McpConfig, SweepConfig } from '../config.ts';
import type { AgentDirectory } from '../mcp/agents.ts';
import type { FailureReason } from './reaction.ts';
import type { OwnCredential } from './server-cluster.ts';
import type { StartGate } from './start-gate.ts';
import type { Heard } from './state.ts';
import type { SweepRun } from '../sweep/look.ts';
import type { SweepRunner } from '../sweep/sweeper.ts';

/** A cluster as its connection knows it. */
export interface ClusterFacts {
  readonly name: string;
  readonly environment: string | null;
  readonly triageEnabled: boolean;
}

/** A cluster with an MCP server. */
export interface McpCluster extends ClusterFacts {
  readonly mcp: McpConfig;
}

/** The API of a cluster, as a kubeconfig has it. */
export interface WatchTarget {
  /** Absolute path; of a cluster that is reached in another way, the words that stand for it in messages. */
  readonly kubeconfig: string;
  /** Null: the current one of the file. */
  readonly context: string | null;
  /** Where a watch cannot be held: kinds are listed anew so often, ms. */
  readonly listEveryMs?: number;
}

/** One of the two is there. */
export interface ConnectedCluster extends ClusterFacts {
  readonly mcp: McpConfig | null;
  /** What is watched instead of asking an MCP server. */
  readonly watch?: WatchTarget | null;
}

/** How the first attempt of a cluster ended: looked at, or not. */
export type FirstRound = { readonly swept: boolean };

/** What keeps one cluster connected, whatever it is connected to. */
export interface ClusterConnection {
  readonly cluster: ClusterFacts;
  /** How it hears of faults, as configured. */
  readonly mode: string;
  /** Objects that are kept of the cluster, where they are. */
  readonly objects?: number;
  /** Settles when the cluster was looked at for the first time or the first attempt failed. */
  readonly firstRound: Promise<FirstRound>;
  /** The server's own name for its cluster, part of fault ids; empty when it never told. */
  readonly serverCluster: string;
  /** The read tools of its server; null when it has none. */
  readonly tools: ToolCaller | null;
  /** Takes over what is said of the cluster; the way to it must be the same. */
  describe(cluster: ConnectedCluster): void;
  status(): ConnectionStatus;
  start(): void;
  stop(): Promise<void>;
  /** Signals of this connection were lost: the cluster is looked at when it can be. */
  lost(): void;
  /** Somebody waits for what a look at the cluster says: one follows soon. */
  look(): void;
  /** The store has room again. */
  resume(): void;
}

/** The endpoint of a cluster without what may be secret in it. */
export function shownEndpoint(cluster: Pick<McpCluster, 'mcp'>): string {
  const url = new URL(cluster.mcp.endpoint);
  return `${url.origin}${url.pathname}`;
}

export interface SessionTimes extends ClientTimes {
  /** Until a tool has answered in full, ms. */
  readonly toolMs: number;
  /** For the goodbye, ms. */
  readonly endMs: number;
  /** For push to come about before the cluster is swept without it, ms. */
  readonly pushFirstMs: number;
  /** Until a server that does not know push is asked for it again, ms. */
  readonly pushAgainMs: number;
  /** A server that pushes may be unable to read its cluster for so long before that counts, ms. */
  readonly unreadMs: number;
  /** For finding out which cluster the server shows, ms: then it is watched, and found out meanwhile. */
  readonly identityMs: number;
}

/** The limits of a session; only the ping is configured. */
export function sessionTimes(pingMs: number): SessionTimes {
  const tenSeconds = 10_000;
  return {
    handshakeMs: tenSeconds,
    requestMs: tenSeconds,
    toolMs: 60_000,
    pingMs,
    endMs: 2000,
    pushFirstMs: 2000,
    pushAgainMs: 600_000,
    unreadMs: 30_000,
    identityMs: 5000,
  };
}

/** What the connections count; `noMetrics` where nobody reads them. */
export interface ClusterMetrics {
  failed(reason: FailureReason): void;
  swept(result: SweepRun['result'], durationMs: number): void;
  /** Signals that could not be stored and were let go; a sweep follows. */
  dropped(reason: 'store_unavailable', count: number): void;
}

export const noMetrics: ClusterMetrics = { failed: () => {}, swept: () => {}, dropped: () => {} };

/** What all connections share. */
export interface ConnectionContext {
  /** As it is configured now, like `sweep` and `times`. */
  readonly connection: ConnectionConfig;
  /** Faults of one cluster that may come at once: as many as may be active. */
  readonly faultBurst: number;
  readonly sweep: SweepConfig;
  readonly times: SessionTimes;
  readonly store: Pick<IntakeStore, 'acceptSweep' | 'activeFaults' | 'countThrottled' | 'serverCluster'>;
  readonly sweeper: SweepRunner;
  readonly agents: Pick<AgentDirectory, 'agentsFor'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: Emitter<DomainEvents>;
  readonly logger: Logger;
  readonly metrics: ClusterMetrics;
  /** Handshakes that begin at the same time. */
  readonly handshakes: StartGate;
  /** Sweeps that begin at the same time. */
  readonly sweeps: StartGate;
  readonly budget: AnswerBudget;
  /** What the kubeconfigs of the clusters say of them, when there are any. */
  readonly credential?: OwnCredential;
  /** What earlier processes heard of a cluster. */
  readonly heard?: (cluster: string) => Heard | undefined;
  /** Our version, told to the servers. */
  readonly version: string;
  /** Where signals wait for the store. */
  readonly queue: Pick<IntakeQueue, 'push'>;
}

/** Where the server of a cluster is and how it is spoken to. @throws ConnectionFailure `ca_file` */
export function endpointOf(
  { mcp }: Pick<McpCluster, 'mcp'>,
  context: Pick<ConnectionContext, 'connection' | 'agents' | 'budget'>,
): McpEndpoint {
  const { connection, agents, budget } = context;
  return {
    url: new URL(mcp.endpoint),
    headers: { ...mcp.headers, ...(mcp.api_key === undefined ? {} : { authorization: `Bearer ${mcp.api_key}` }) },
    agents: agents.agentsFor(mcp),
    limits: { maxMessage: connection.max_message, maxResponse: connection.max_response },
    budget,
  };
}
